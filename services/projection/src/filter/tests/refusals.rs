//! What filters and orders refuse: the text, a mark under the fault, and both messages.

use expect_test::{Expect, expect};

use super::super::Filter;
use super::super::order::OrderBy;
use super::FIELDS;

fn check_refusals(texts: &[&str], expected: &Expect) {
    let mut shown = String::new();
    for text in texts {
        let error = Filter::parse(text, FIELDS).expect_err(text);
        let text = text.trim_end();
        shown += &format!("{text}\n{}^ {}\n  {}\n", " ".repeat(error.offset), error.en, error.zh);
    }
    expected.assert_eq(&shown);
}

#[test]
fn names_and_types_are_checked() {
    check_refusals(
        &[
            "weight > 1 AND wieght < 2",
            "organisation = x",
            "name* = x",
            "due = 2022-01-01",
            "e = 2",
            "weight = heavy",
            "weight = 1_000",
            "weight = .5",
            "weight = 3*",
            "weight = 1e99",
            "weight = 0.12345678901234567890123456789",
            "due_date < 2022-02-30",
            "due_date < 2022-2-3",
            "due_date < 20220203",
            "official = yes",
            "official = TRUE",
            "official < true",
            "status = overdu",
            "status = Overdue",
            "status = late",
            "status > partial",
            "status = over*",
            "name < a*",
        ],
        &expect![[r#"
            weight > 1 AND wieght < 2
                           ^ there is no field `wieght`; did you mean weight?
              没有字段“wieght”；是否想写 weight？
            organisation = x
            ^ there is no field `organisation`; there are: name, division, weight, due_date, official, status, leader.name
              没有字段“organisation”；可用：name、division、weight、due_date、official、status、leader.name
            name* = x
            ^ there is no field `name*`; did you mean name?
              没有字段“name*”；是否想写 name？
            due = 2022-01-01
            ^ there is no field `due`; did you mean due_date?
              没有字段“due”；是否想写 due_date？
            e = 2
            ^ there is no field `e`; there are: name, division, weight, due_date, official, status, leader.name
              没有字段“e”；可用：name、division、weight、due_date、official、status、leader.name
            weight = heavy
                     ^ field weight takes a number, not `heavy`
              字段 weight 的值须是数字，不能是“heavy”
            weight = 1_000
                     ^ field weight takes a number, not `1_000`
              字段 weight 的值须是数字，不能是“1_000”
            weight = .5
                     ^ field weight takes a number, not `.5`
              字段 weight 的值须是数字，不能是“.5”
            weight = 3*
                     ^ field weight takes a number, not `3*`; weight:* asks whether there is a value
              字段 weight 的值须是数字，不能是“3*”；要问有无值，请写 weight:*
            weight = 1e99
                     ^ field weight takes a number, not `1e99`
              字段 weight 的值须是数字，不能是“1e99”
            weight = 0.12345678901234567890123456789
                     ^ field weight takes a number, not `0.12345678901234567890123456789`
              字段 weight 的值须是数字，不能是“0.12345678901234567890123456789”
            due_date < 2022-02-30
                       ^ field due_date takes a date (YYYY-MM-DD), not `2022-02-30`
              字段 due_date 的值须是日期（YYYY-MM-DD），不能是“2022-02-30”
            due_date < 2022-2-3
                       ^ field due_date takes a date (YYYY-MM-DD), not `2022-2-3`
              字段 due_date 的值须是日期（YYYY-MM-DD），不能是“2022-2-3”
            due_date < 20220203
                       ^ field due_date takes a date (YYYY-MM-DD), not `20220203`
              字段 due_date 的值须是日期（YYYY-MM-DD），不能是“20220203”
            official = yes
                       ^ field official takes true or false, not `yes`; there are: true, false
              字段 official 的值须是 true 或 false，不能是“yes”；可用：true、false
            official = TRUE
                       ^ field official takes true or false, not `TRUE`; did you mean true?
              字段 official 的值须是 true 或 false，不能是“TRUE”；是否想写 true？
            official < true
                     ^ field official has no order: only =, != and : apply
              字段 official 没有大小之分，只能用 =、!=、:
            status = overdu
                     ^ field status takes one of its words, not `overdu`; did you mean overdue?
              字段 status 的值须是规定的取值之一，不能是“overdu”；是否想写 overdue？
            status = Overdue
                     ^ field status takes one of its words, not `Overdue`; did you mean overdue?
              字段 status 的值须是规定的取值之一，不能是“Overdue”；是否想写 overdue？
            status = late
                     ^ field status takes one of its words, not `late`; there are: not_due, due_soon, fulfilled, partial, overdue
              字段 status 的值须是规定的取值之一，不能是“late”；可用：not_due、due_soon、fulfilled、partial、overdue
            status > partial
                   ^ field status has no order: only =, != and : apply
              字段 status 没有大小之分，只能用 =、!=、:
            status = over*
                     ^ field status takes one of its words, not `over*`; status:* asks whether there is a value
              字段 status 的值须是规定的取值之一，不能是“over*”；要问有无值，请写 status:*
            name < a*
                   ^ `*` goes with =, != and : only; for the character itself write \* in quotes
              * 只能与 =、!=、: 合用；星号本身请在引号内写 \*
        "#]],
    );
}

#[test]
fn what_does_not_parse_says_where() {
    check_refusals(
        &[
            "AND",
            "weight = ",
            "weight = AND",
            "weight == 1",
            "weight 1",
            "= 1",
            "weight = 1 = 2",
            "\"weight\" = 1",
            "weight > 1 AND",
            "weight > 1 OR OR official = true",
            "NOT NOT a",
            "-",
            "(a",
            "a)",
            "()",
            "f(x)",
            "'it''s'",
            "(a)(b)",
            "name = \"abc",
            r"name = 'a\n'",
            "name = a*b",
            "name = -*x",
            "a ! b",
            "a, b",
            "name：司法",
            "（a OR b）",
            "a and b",
            "a && b",
            "*",
            "''",
            "name != (a OR b)",
            "name = (a AND b)",
            "name = (a b)",
            "name = ()",
            "name = (a OR (b))",
            "weight = - 5",
        ],
        &expect![[r#"
            AND
            ^ a condition is missing here
              此处缺少条件
            weight =
                     ^ a number is missing here
              此处应为数字
            weight = AND
                     ^ a number is missing here
              此处应为数字
            weight == 1
                    ^ a comparator stands between one field name and one value
              比较符的左边须是一个字段名，右边须是一个值
            weight 1
                  ^ after weight a comparator is missing, as in weight:*; or quote the word
              字段 weight 之后缺少比较符，例如 weight:*；若要查找该词，请加引号
            = 1
            ^ a comparator stands between one field name and one value
              比较符的左边须是一个字段名，右边须是一个值
            weight = 1 = 2
                       ^ a comparator stands between one field name and one value
              比较符的左边须是一个字段名，右边须是一个值
            "weight" = 1
            ^ a field name has no quotes
              字段名不加引号
            weight > 1 AND
                          ^ a condition is missing here
              此处缺少条件
            weight > 1 OR OR official = true
                          ^ a condition is missing here
              此处缺少条件
            NOT NOT a
                ^ a condition is missing here
              此处缺少条件
            -
             ^ a condition is missing here
              此处缺少条件
            (a
            ^ this parenthesis is never closed
              左括号没有闭合
            a)
             ^ this parenthesis was never opened
              多余的右括号
            ()
             ^ a condition is missing here
              此处缺少条件
            f(x)
             ^ a space is missing before the parenthesis; there are no functions
              括号之前须有空格；不支持函数
            'it''s'
                ^ a space is missing here
              此处缺少空格
            (a)(b)
               ^ a space is missing before the parenthesis; there are no functions
              括号之前须有空格；不支持函数
            name = "abc
                   ^ this quote is never closed
              引号没有闭合
            name = 'a\n'
                     ^ a backslash stands only before a quote, `*` or another backslash
              反斜杠之后只能是引号、* 或反斜杠
            name = a*b
                    ^ `*` stands only at an end; for the character itself write \* in quotes
              * 只能在首尾；要查找星号本身，请在引号内写 \*
            name = -*x
                    ^ `*` stands only at an end
              * 只能在首尾
            a ! b
              ^ `!` stands only before `=`; write NOT or - to negate
              “!”之后应为“=”；否定请写 NOT 或 -
            a, b
             ^ this character stands only in quotes
              此字符须放在引号内
            name：司法
                ^ `：` is full-width: write :, or quote the text it is part of
              全角“：”请改用半角 :；如属内容，请加引号
            （a OR b）
            ^ `（` is full-width: write (, or quote the text it is part of
              全角“（”请改用半角 (；如属内容，请加引号
            a and b
              ^ write AND; quote the word to look for it
              运算符请写 AND；要查找该词，请加引号
            a && b
              ^ write AND; quote the word to look for it
              运算符请写 AND；要查找该词，请加引号
            *
            ^ there is nothing to look for; field:* asks whether a field has a value
              没有要查找的内容；要问某字段有无值，请写 字段:*
            ''
            ^ there is nothing to look for; field:* asks whether a field has a value
              没有要查找的内容；要问某字段有无值，请写 字段:*
            name != (a OR b)
                    ^ only = and : take a list of values
              只有 = 与 : 之后可以是值列表
            name = (a AND b)
                      ^ values in a list are joined by OR only
              值列表内只能用 OR 连接
            name = (a b)
                      ^ values in a list are joined by OR only
              值列表内只能用 OR 连接
            name = ()
                    ^ a text is missing here
              此处应为文字
            name = (a OR (b))
                         ^ a text is missing here
              此处应为文字
            weight = - 5
                     ^ a number is missing here
              此处应为数字
        "#]],
    );
}

#[test]
fn orders_that_do_not_parse_say_where() {
    let mut shown = String::new();
    for text in [
        "wieght desc",
        "weight, ",
        ",weight",
        "weight descending",
        "name, weight  DESC",
        "name, weight desc, name desc",
        "名称, weight",
    ] {
        let error = OrderBy::parse(text, FIELDS).expect_err(text);
        let text = text.trim_end();
        shown += &format!("{text}\n{}^ {}\n  {}\n", " ".repeat(error.offset), error.en, error.zh);
    }
    expect![[r#"
        wieght desc
        ^ there is no field `wieght`; did you mean weight?
          没有字段“wieght”；是否想写 weight？
        weight,
                ^ a field name is missing here
          此处缺少字段名
        ,weight
        ^ a field name is missing here
          此处缺少字段名
        weight descending
               ^ only asc or desc stands after a field, not `descending`
          字段之后只能是 asc 或 desc，不能是“descending”
        name, weight  DESC
                      ^ only asc or desc stands after a field, not `DESC`
          字段之后只能是 asc 或 desc，不能是“DESC”
        name, weight desc, name desc
                           ^ field name stands here twice
          字段 name 重复
        名称, weight
        ^ there is no field `名称`; there are: name, division, weight, due_date, official, status, leader.name
          没有字段“名称”；可用：name、division、weight、due_date、official、status、leader.name
    "#]].assert_eq(&shown);
}
