//! What the first sheet of a template says.

/// Of events.
pub(super) const EVENTS: [&str; 10] = [
    "责任台账事件导入模板 / Template for importing duty events",
    "1. 每张表对应一类事件，每行填一件。第1行是名称，第2行是字段路径（请勿改动），第3行起填写。/ One sheet a type, one row an event; keep rows 1 and 2.",
    "2. ＊必填：不填不予接受；△应填：不填会提示“要素缺失”；其余选填，不知道的留空。/ ＊ required, △ asked for, the rest optional; leave empty what is not known.",
    "3. 事件编号已预填，是防止重复导入的依据：同一行再次导入不会重复。复制整行时请清空复制行的编号。/ The id makes an import repeatable; clear it in a copied row.",
    "4. 日期写 2022-05-18 或 2022年5月18日；“开始日期”也可写 2022年5月、2022年第二季度、2022年上半年、2022年，时间精度可不填；完全不知时间的，精度选“不详”。/ Dates as 2022-05-18; the first one may be a month, quarter, half-year or year; of an unknown time say 不详.",
    "5. 多项文字写在一格内，每行一项（Alt+Enter）；分组列（如 议题1、议题2）不够时，可插入列并按第2行的形式续编，如 special_work_meeting.agenda[3].title。/ Several texts: one a line. More groups: add columns and number their paths on.",
    "6. 百分数写 95%；“余、多、以上、约”选在“限定”列。/ Percentages as 95%; lower bounds go into the column 限定.",
    "7. 严禁填写国家秘密；人员只填编号或职务，不填姓名。/ No state secrets; persons by id or post, never by name.",
    "8. 用不到的表和列可以删除；词表供下拉列表使用，请保留。/ Unused sheets and columns may be removed; keep 词表.",
    "9. 一个工作簿最多 1000 件，全部接受或全部不接受：duty-ledger import 文件.xlsx --check 先检查。/ At most 1,000 events a workbook, all or nothing; check first.",
];

/// Of the registry.
pub(super) const REGISTRY: [&str; 9] = [
    "责任台账登记导入模板 / Template for importing the registry",
    "1. 每张表对应一类登记：单位、单位变更、职务、人员、任期、离岗、领导小组。第1行是名称，第2行是字段路径（请勿改动），第3行起填写。/ One sheet a kind; keep rows 1 and 2.",
    "2. ＊必填；其余选填，不知道的留空。编号由登记人自定，1 至 64 个字母、数字或 . _ - :，名称可变，编号不变。/ ＊ required. Ids are the registrar's own and never change.",
    "3. 人员只填无含义的编号，严禁填写姓名、身份证号、电话；姓名用 duty-ledger person register 逐人加密登记。/ Persons by opaque id only, never a name.",
    "4. 同一工作簿内可互相引用：先有单位，后有职务、任期；各表、各行的先后不限。/ Sheets and rows may refer to each other in any order.",
    "5. 单位变更每行一种：更名、隶属关系调整（条、块）、终止（合并、分立、撤销，写明承接单位）。/ One change a row.",
    "6. 多个编号写在一格内，每行一个（Alt+Enter）；编号后可空一格写名称。/ Several ids: one a line; a name may follow after a blank.",
    "7. 已登记且内容相同的行不会重复登记；内容不同的须用 --amend 导入（如补填免职日期、撤销登记）。/ What is registered just so is left alone; otherwise import with --amend.",
    "8. 一个工作簿最多 1000 行，全部接受或全部不接受：duty-ledger import 文件.xlsx --check 先检查。/ At most 1,000 rows, all or nothing; check first.",
];

/// Of corrections and withdrawals.
pub(super) const AMENDMENTS: [&str; 8] = [
    "责任台账更正、撤回导入模板 / Template for correcting and withdrawing duty events",
    "1. “更正·…”每张表对应一类事件，每行更正一件；“撤回”表每行撤回一件。第1行是名称，第2行是字段路径（请勿改动），第3行起填写。/ One row an event; keep rows 1 and 2.",
    "2. ＊必填：事件编号（现行版本）和理由（至少10个字）。/ ＊ required: the id of the current version, and why, at least 10 characters.",
    "3. 只填要更正的列，留空的保持原样；清除原值请填“（清空）”。/ Fill in only what is to read otherwise; empty cells keep what is there; （清空） takes it away.",
    "4. 分组列（如 议题1、材料2）按事件现有的次序对应，不合并空档。/ Numbered groups of columns are those of the event as it stands.",
    "5. 责任单位和事件类型不能更正：请撤回后重新填报；已核定的事件，撤回须填同意的审核人。/ Organization and type stay; withdrawing what was accepted takes a verifier's consent.",
    "6. 同一行再次导入不会重复更正。/ The same row again is no change.",
    "7. 一个工作簿最多 1000 行，全部接受或全部不接受：duty-ledger import 文件.xlsx --check 先检查。/ At most 1,000 rows, all or nothing; check first.",
];
