//! 统一社会信用代码: the 18 characters that name an organization for the state (GB 32100-2015).
//!
//! Both check characters must hold: the last one, and the one that the organization code inside
//! (positions 9 to 17, GB 11714) carries itself; every published code of DOMAIN §7.3 that passes
//! the first passes the second. That a code is well formed does not say that it was issued.
//! A space or a full-width letter is mended, a wrong character never is.

use std::fmt;

/// The characters of a code, in the order of their values; I, O, S, V and Z are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Length of a code.
const LENGTH: usize = 18;
/// Weights of the first eight characters of an organization code (GB 11714).
const ORGANIZATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Where the organization code begins.
const ORGANIZATION_AT: usize = 8;

/// A unified social credit code (统一社会信用代码).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocialCreditCode(Box<str>);

/// Why a text is no unified social credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    /// Not 18 characters.
    #[error("a unified social credit code has 18 characters, this has {found}")]
    Length {
        /// How many there are without spaces.
        found: usize,
    },
    /// A character that no code contains.
    #[error("character {position} is '{found}', which no code contains (nor I, O, S, V, Z)")]
    Character {
        /// Counted from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// The last character is not the one that the others demand.
    #[error("the check character should be '{expected}' but is '{found}'")]
    CheckCharacter {
        /// What the first 17 demand.
        expected: char,
        /// What stands there.
        found: char,
    },
    /// The organization code inside is not one (GB 11714).
    #[error(
        "the check character of the organization code (position 17) should be '{expected}' but is \
         '{found}'"
    )]
    OrganizationCheckCharacter {
        /// What positions 9 to 16 demand.
        expected: char,
        /// What stands there.
        found: char,
    },
}

impl UsccError {
    /// The same in Chinese; [`fmt::Display`] is the English text.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Length { found } => {
                format!("统一社会信用代码应为 18 位，实际 {found} 位")
            }
            Self::Character { position, found } => {
                format!("第 {position} 位“{found}”不是代码可用字符（不使用 I、O、S、V、Z）")
            }
            Self::CheckCharacter { expected, found } => {
                format!("校验码应为“{expected}”，实际为“{found}”，请核对")
            }
            Self::OrganizationCheckCharacter { expected, found } => format!(
                "主体标识码（组织机构代码）校验码（第 17 位）应为“{expected}”，实际为“{found}”"
            ),
        }
    }
}

impl SocialCreditCode {
    /// Reads a code in either case, with spaces, full-width or not.
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        let code: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).map(normal).collect();
        if code.len() != LENGTH {
            return Err(UsccError::Length { found: code.len() });
        }
        let mut values = [0u32; LENGTH];
        for (index, found) in code.iter().enumerate() {
            let value = (0u32..).zip(ALPHABET).find(|(_, byte)| char::from(**byte) == *found);
            let Some((value, _)) = value else {
                return Err(UsccError::Character { position: index + 1, found: *found });
            };
            values[index] = value;
        }
        let expected = check_character(&values);
        if code[LENGTH - 1] != expected {
            return Err(UsccError::CheckCharacter { expected, found: code[LENGTH - 1] });
        }
        let expected = organization_check_character(&code);
        let found = code[LENGTH - 2];
        if found != expected {
            return Err(UsccError::OrganizationCheckCharacter { expected, found });
        }
        Ok(Self(code.into_iter().collect::<String>().into()))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SocialCreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn normal(c: char) -> char {
    let half = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    half.to_ascii_uppercase()
}

/// C18 = (31 − Σ Ci·3^(i−1) mod 31) mod 31, as an index into the alphabet.
fn check_character(values: &[u32; LENGTH]) -> char {
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..LENGTH - 1] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    char::from(ALPHABET[((31 - sum % 31) % 31) as usize])
}

/// C9 = 11 − Σ Ci·Wi mod 11, where 10 is written X and 11 is written 0. Letters count from A = 10
/// without gaps here, unlike in the outer check.
fn organization_check_character(code: &[char]) -> char {
    let sum: u32 = code[ORGANIZATION_AT..]
        .iter()
        .zip(ORGANIZATION_WEIGHTS)
        .map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

#[cfg(test)]
#[path = "uscc/tests.rs"]
mod tests;
