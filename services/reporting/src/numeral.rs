//! Numbers as Chinese reports write them: 五, 二十, 一百零五, 三万两千.
//!
//! Only whole numbers below a hundred million, which is what reports write out.

use rust_decimal::Decimal;

/// The digit of a character.
const fn digit(c: char) -> Option<u64> {
    Some(match c {
        '零' | '〇' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// The place value of a character below 万.
const fn place(c: char) -> Option<u64> {
    Some(match c {
        '十' => 10,
        '百' => 100,
        '千' => 1000,
        _ => return None,
    })
}

/// The number a Chinese numeral says; `None` when it is none, or not one number.
pub(crate) fn parse(text: &str) -> Option<Decimal> {
    let parts: Vec<&str> = text.split('万').collect();
    let number = match parts.as_slice() {
        [low] => below_ten_thousand(low)?,
        [high, ""] => below_ten_thousand(high)? * 10_000,
        [high, low] => {
            let low = low.trim_start_matches(['零', '〇']);
            below_ten_thousand(high)? * 10_000 + below_ten_thousand(low)?
        }
        _ => return None,
    };
    Some(Decimal::from(number))
}

/// Digits before places, places falling: 三千零二十五, 十五, 二〇二二 is not one.
fn below_ten_thousand(text: &str) -> Option<u64> {
    let (mut sum, mut held, mut last_place) = (0, None, u64::MAX);
    for c in text.chars() {
        if let Some(place) = place(c) {
            if last_place <= place {
                return None;
            }
            // 十五 begins without its 一.
            sum += held.take().unwrap_or(u64::from(sum == 0)).checked_mul(place)?;
            last_place = place;
        } else {
            let digit = digit(c)?;
            // 零 only keeps a place.
            if digit == 0 && sum != 0 {
                continue;
            }
            if held.replace(digit).is_some() {
                return None;
            }
        }
    }
    match (sum, held) {
        (0, None) => None,
        (sum, held) => Some(sum + held.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use rust_decimal::Decimal;

    #[test]
    fn numerals_are_read_as_written() {
        for (text, number) in [
            ("两", 2),
            ("五", 5),
            ("十", 10),
            ("十五", 15),
            ("二十", 20),
            ("九十九", 99),
            ("一百零五", 105),
            ("一百二十", 120),
            ("两千三百", 2300),
            ("三千零二十五", 3025),
            ("三万", 30_000),
            ("三万两千", 32_000),
            ("一万零五", 10_005),
        ] {
            assert_eq!(parse(text), Some(Decimal::from(number)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "二〇二二", "十百", "五六", "万", "数十", "三万万"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
