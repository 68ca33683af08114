//! Figures as they are printed, and what is none.

use super::{Stated, find};

/// The figures of a text, each as one word.
fn read(text: &str) -> Vec<String> {
    find(text, 2022).iter().map(|figure| said(&figure.stated)).collect()
}

fn said(stated: &Stated) -> String {
    match stated {
        Stated::Count { value, unit, qualifier } => format!("{}{value}{unit}", qualifier.sign()),
        Stated::Time(time) => {
            let day = |day: Option<jiff::civil::Date>| day.expect("known").to_string();
            format!("{} {}..{}", time.precision().as_str(), day(time.start()), day(time.end()))
        }
        Stated::Document(number) => number.to_string(),
    }
}

#[test]
fn counts_keep_their_unit_and_how_exact_they_are() {
    for (text, figure) in [
        ("线下参训700余人次", ">700人次"),
        ("组织10次以上的培训", "≥10次"),
        ("调研200多家企业", ">200家"),
        ("效益超150亿元", ">150亿元"),
        ("投入15.28亿元", "15.28亿元"),
        ("企业突破800家", ">800家"),
        ("覆盖约1.2万人次", "≈12000.0人次"),
        ("覆盖3万余人次", ">30000人次"),
        ("任务五份", "5份"),
        ("举办两次讲座", "2次"),
        ("培训十余次", ">10次"),
        ("1,375条", "1375条"),
        ("通过率均为：100%", "100%"),
        ("合格率百分之九十五以上", "≥95%"),
        ("最高分：99分", "99分"),
        ("不少于60学时", "≥60学时"),
        ("近300人", "≈300人"),
        ("１３７５条", "1375条"),
        ("1375 条", "1375条"),
        ("共计 12　人", "12人"),
        ("９９．５％", "99.5%"),
        ("超过 １５０ 亿元", ">150亿元"),
    ] {
        assert_eq!(read(text), [figure], "{text}");
    }
}

#[test]
fn times_are_read_with_the_year_before_them() {
    for (text, figures) in [
        ("２０２１ 年 3 月 22 日", &["day 2021-03-22..2021-03-22"][..]),
        (
            "2022年11月10日和12月28日",
            &["day 2022-11-10..2022-11-10", "day 2022-12-28..2022-12-28"][..],
        ),
        ("2021年12月-2022年12月", &["period 2021-12-01..2022-12-31"]),
        ("2023年上半年", &["half_year 2023-01-01..2023-06-30"]),
        ("第三季度", &["quarter 2022-07-01..2022-09-30"]),
        ("2022年3月", &["month 2022-03-01..2022-03-31"]),
        ("3月1日至5日", &["period 2022-03-01..2022-03-05"]),
    ] {
        assert_eq!(read(text), figures, "{text}");
    }
}

#[test]
fn document_numbers_are_normalised() {
    assert_eq!(read("（柳发〔2022〕2号）"), ["柳发〔2022〕2号"]);
    assert_eq!(read("（柳科通[2020]33号）"), ["柳科通〔2020〕33号"]);
}

#[test]
fn names_headings_and_years_are_no_figures() {
    for text in [
        "2022年度",
        "《柳州市建设国家创新型城市实施方案（2022-2024年）》",
        "做到“两个维护”",
        "（一）科技法律法规",
        "第二批试点城市",
        "等三方面",
        "等三个方面",
        "一是科研诚信",
        "行政执法三项制度",
        "第三次会议",
        "13月40日",
        "提高5个百分点",
        "数十次",
    ] {
        assert_eq!(read(text), [""; 0], "{text}");
    }
}

#[test]
fn a_figure_says_where_it_stands() {
    let figures = find("标题\n全年，受训90余人次，很好。", 2022);
    let [figure] = figures.as_slice() else { panic!("{figures:?}") };
    assert_eq!((figure.line, figure.column), (2, 6));
    assert_eq!((figure.printed.as_str(), figure.phrase.as_str()), ("90余人次", "受训90余人次"));
}
