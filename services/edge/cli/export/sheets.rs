//! What is exported: tables of typed cells, fetched whole at one known position.

use std::collections::BTreeMap;

use duty::event::Kind;
use duty::occurred::Precision;
use duty::quantity::Quantity;
use jiff::civil::Date;
use rust_decimal::Decimal;
use tonic::transport::Channel;

use crate::cli::client::Failure;
use crate::cli::entries::{self, Version};
use crate::cli::{FAILED, Language, pages, table};
use crate::pb;
use crate::pb::compliance_service_client::ComplianceServiceClient;
use crate::pb::evaluation_service_client::EvaluationServiceClient;
use crate::workbook::choice_zh;

/// Cells asked for at once: the most a page holds.
const PAGE: i32 = 10_000;
/// The rungs, as columns name them.
const RUNGS: [(&str, &str, &str, &str); 4] = [
    ("claimed_status", "自述", "claimed_credit", "自述得分率"),
    ("dated_status", "有日期", "dated_credit", "有日期得分率"),
    ("documented_status", "有佐证", "documented_credit", "有佐证得分率"),
    ("verified_status", "已核定", "verified_credit", "已核定得分率"),
];

/// Everything of one export.
pub(super) struct Document {
    /// The tables.
    pub(super) tables: Vec<Table>,
    /// What they all reflect.
    pub(super) basis: pb::ViewBasis,
    /// The same for people: name and value.
    pub(super) provenance: Vec<(&'static str, String)>,
}

/// One table.
pub(super) struct Table {
    /// Stable name.
    pub(super) id: &'static str,
    /// Chinese name.
    pub(super) name_zh: &'static str,
    /// Its columns.
    pub(super) columns: Vec<Column>,
    /// Its rows, a value for each column.
    pub(super) rows: Vec<Vec<Value>>,
}

/// One column.
pub(super) struct Column {
    /// Stable name.
    pub(super) id: &'static str,
    /// Chinese heading.
    pub(super) zh: &'static str,
    /// Width in characters of the digit 0.
    pub(super) width: f64,
}

/// One cell.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing known, or nothing to say.
    Empty,
    /// Words.
    Text(String),
    /// A figure.
    Number(Decimal),
    /// A civil day.
    Date(Date),
}

impl Value {
    /// As printed.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.to_string(),
        }
    }
}

const fn column(id: &'static str, zh: &'static str, width: f64) -> Column {
    Column { id, zh, width }
}

fn words(text: &str) -> Value {
    if text.is_empty() { Value::Empty } else { Value::Text(text.to_owned()) }
}

/// A decimal the service sent; as it stands should it be none.
fn number(text: &str) -> Value {
    text.parse().map_or_else(|_| words(text), Value::Number)
}

/// A date the service sent; as it stands should it be none.
fn date(text: &str) -> Value {
    text.parse().map_or_else(|_| words(text), Value::Date)
}

fn status(number: i32) -> Value {
    words(table::status(number, Language::Zh))
}

fn positions(rungs: &[pb::RungStanding]) -> Value {
    let mut all: Vec<u64> =
        rungs.iter().flat_map(|rung| rung.entry_positions.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    words(&table::positions(&all))
}

/// An export in the making. The first answer fixes what the others are asked to reflect.
pub(super) struct Export {
    selector: pb::ViewSelector,
    basis: Option<pb::ViewBasis>,
    tables: Vec<Table>,
    /// The sealed results that the tables stand beside, by organization.
    sealed: BTreeMap<String, pb::SealedYear>,
}

impl Export {
    pub(super) fn new(selector: pb::ViewSelector) -> Self {
        Self { selector, basis: None, tables: Vec::new(), sealed: BTreeMap::new() }
    }

    /// Holds the next questions to what an answer reflects.
    fn reflects(&mut self, basis: Option<pb::ViewBasis>) -> Result<(), Failure> {
        let basis = basis.ok_or_else(|| Failure::new(FAILED, "the answer has no basis"))?;
        self.selector.as_of_date.clone_from(&basis.as_of_date);
        self.selector.known_position = basis.known_position;
        match &mut self.basis {
            // A matrix of several cities may rest on more rule sets than one sheet does.
            Some(first) => {
                for rules in basis.rule_sets {
                    if !first.rule_sets.contains(&rules) {
                        first.rule_sets.push(rules);
                    }
                }
            }
            None => self.basis = Some(basis),
        }
        Ok(())
    }

    /// The matrix of an organization and those below it, or of all.
    pub(super) async fn matrix(&mut self, channel: &Channel, top: &str) -> Result<(), Failure> {
        let mut client =
            ComplianceServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
        let mut columns = vec![
            column("organization_id", "责任单位", 16.0),
            column("duty_id", "责任事项", 30.0),
            column("status", "认定", 12.0),
            column("due_date", "截止日期", 12.0),
        ];
        columns.extend(rung_columns());
        columns.push(column("entries", "台账序号", 20.0));
        let request = pb::QueryComplianceRequest {
            selector: Some(self.selector.clone()),
            within_organization_id: top.to_owned(),
            page_size: PAGE,
            ..Default::default()
        };
        let ask = async |page_token| {
            client
                .query_compliance(pb::QueryComplianceRequest { page_token, ..request.clone() })
                .await
        };
        let matrix = pages::all(ask).await?;
        let of = |seal: pb::SealedYear| (seal.organization_id.clone(), seal);
        self.sealed.extend(matrix.sealed.into_iter().map(of));
        self.reflects(matrix.basis)?;
        let row = |cell: &pb::ComplianceCell| {
            let mut row = vec![
                words(&cell.organization_id),
                words(&cell.duty_id),
                status(cell.status),
                date(&cell.due_date),
            ];
            row.extend(rung_cells(&cell.rungs));
            row.push(positions(&cell.rungs));
            row
        };
        let rows = matrix.cells.iter().map(row).collect();
        self.tables.push(Table { id: "matrix", name_zh: "责任矩阵", columns, rows });
        Ok(())
    }

    /// The score sheet of an organization.
    pub(super) async fn sheet(&mut self, channel: &Channel, of: &str) -> Result<(), Failure> {
        let mut client =
            EvaluationServiceClient::new(channel.clone()).max_decoding_message_size(usize::MAX);
        let request = pb::GetScoreSheetRequest {
            organization_id: of.to_owned(),
            selector: Some(self.selector.clone()),
        };
        let sheet = client.get_score_sheet(request).await?.into_inner();
        let mut columns = vec![
            column("duty_id", "责任事项编号", 30.0),
            column("name_zh", "责任事项", 34.0),
            column("category", "类别", 12.0),
            column("weight", "权重", 8.0),
            column("scored", "计分", 8.0),
            column("status", "认定", 12.0),
        ];
        columns.extend(rung_columns());
        columns.push(column("entries", "台账序号", 20.0));
        let mut rows = Vec::new();
        for line in &sheet.lines {
            let mut row = vec![
                words(&line.duty_id),
                words(&line.name_zh),
                words(&line.category),
                number(&line.weight),
                words(if line.scored { "是" } else { "否" }),
                status(line.status),
            ];
            row.extend(rung_cells(&line.rungs));
            row.push(positions(&line.rungs));
            rows.push(row);
        }
        self.tables.push(Table { id: "sheet", name_zh: "评分表", columns, rows });
        self.tables.push(scores(&sheet));
        if sheet.is_sealed {
            self.sealed.insert(of.to_owned(), seal(&sheet));
            if let Some(first) = &self.basis {
                // It reflects what was known when it was sealed; the other tables do not.
                let rules = sheet.basis.map(|basis| basis.rule_sets).unwrap_or_default();
                return self.reflects(Some(pb::ViewBasis { rule_sets: rules, ..first.clone() }));
            }
        }
        self.reflects(sheet.basis)
    }

    /// Every version of every event of an organization.
    pub(super) async fn events(&mut self, channel: &Channel, of: &str) -> Result<(), Failure> {
        let on_record = entries::of(channel, of, self.selector.clone()).await?;
        let known = duty::Position::new(on_record.basis.known_position);
        let rows = on_record.versions.iter().map(|version| event_row(version, known)).collect();
        let columns = vec![
            column("position", "台账序号", 10.0),
            column("event_id", "事件编号", 38.0),
            column("source_number", "来源编号", 18.0),
            column("recorded_date", "入账日期", 12.0),
            column("recorder", "记录者", 14.0),
            column("type", "事件类型", 26.0),
            column("kind", "性质", 14.0),
            column("title", "名称", 40.0),
            column("accounting_year", "考核年度", 10.0),
            column("precision", "时间精度", 10.0),
            column("start_date", "开始日期", 12.0),
            column("end_date", "结束日期", 12.0),
            column("quantities", "数量", 40.0),
            column("document_numbers", "文号", 24.0),
            column("aggregate", "汇总", 8.0),
            column("standing", "效力", 10.0),
            column("accepted", "核定", 8.0),
            column("source_reference", "出处", 18.0),
            column("quote", "原文摘录", 60.0),
        ];
        self.tables.push(Table { id: "events", name_zh: "事件台账", columns, rows });
        self.reflects(Some(on_record.basis))
    }

    pub(super) fn finish(mut self) -> Result<Document, Failure> {
        if !self.sealed.is_empty() {
            self.tables.push(sealed(self.sealed.values()));
        }
        let basis = self.basis.ok_or_else(|| Failure::new(FAILED, "nothing was exported"))?;
        let rules = basis.rule_sets.iter();
        let rules = rules.map(|rules| format!("{} (sha256 {})", rules.rule_set_id, rules.digest));
        let provenance = vec![
            ("规则集", rules.collect::<Vec<_>>().join(", ")),
            ("考核年度", basis.year.to_string()),
            ("截至", basis.as_of_date.clone()),
            ("已知至", basis.known_position.to_string()),
            ("树大小", basis.tree_size.to_string()),
            ("树根", basis.root_hash.clone()),
        ];
        Ok(Document { tables: self.tables, basis, provenance })
    }
}

fn rung_columns() -> impl Iterator<Item = Column> {
    RUNGS.into_iter().flat_map(|(status, status_zh, credit, credit_zh)| {
        [column(status, status_zh, 12.0), column(credit, credit_zh, 12.0)]
    })
}

/// Status and credit of each rung, a pair for each in [`RUNGS`].
fn rung_cells(rungs: &[pb::RungStanding]) -> Vec<Value> {
    let cells = (0..RUNGS.len()).flat_map(|index| match rungs.get(index) {
        Some(rung) => [status(rung.status), number(&rung.credit)],
        None => [Value::Empty, Value::Empty],
    });
    cells.collect()
}

/// The scores of a sheet on each rung, with its grade and digest.
fn scores(sheet: &pb::GetScoreSheetResponse) -> Table {
    let columns = vec![
        column("rung", "口径", 12.0),
        column("score", "全年得分", 12.0),
        column("due_so_far", "已到期部分得分", 16.0),
        column("earned_weight", "得分权重", 12.0),
        column("due_weight", "已到期权重", 12.0),
        column("grade", "等次", 10.0),
        column("digest", "评分表摘要（SHA-256）", 66.0),
    ];
    let rows = sheet.scores.iter().zip(RUNGS).map(|(score, (_, name, ..))| {
        let is_official = score.rung == sheet.official_rung;
        let official = |text: &str| if is_official { words(text) } else { Value::Empty };
        vec![
            words(name),
            number(&score.score),
            number(&score.due_so_far),
            number(&score.earned_weight),
            number(&score.due_weight),
            official(&sheet.grade),
            official(&sheet.digest),
        ]
    });
    Table { id: "scores", name_zh: "得分", columns, rows: rows.collect() }
}

/// The seal of a sealed sheet, as far as the sheet says.
fn seal(sheet: &pb::GetScoreSheetResponse) -> pb::SealedYear {
    let basis = sheet.basis.clone().unwrap_or_default();
    pb::SealedYear {
        organization_id: sheet.organization_id.clone(),
        year: basis.year,
        position: sheet.standing.as_ref().map_or(0, |standing| standing.sealed_position),
        as_of_date: basis.as_of_date,
        known_position: basis.known_position,
        final_score: sheet.final_score.clone(),
        grade: sheet.grade.clone(),
        sheet_digest: sheet.digest.clone(),
        ..Default::default()
    }
}

/// The results that years are sealed with.
fn sealed<'a>(seals: impl Iterator<Item = &'a pb::SealedYear>) -> Table {
    let columns = vec![
        column("organization_id", "责任单位", 16.0),
        column("year", "考核年度", 10.0),
        column("final_score", "封存得分", 12.0),
        column("grade", "封存等次", 12.0),
        column("as_of_date", "封存截至", 12.0),
        column("position", "封存台账序号", 12.0),
        column("sheet_digest", "封存评分表摘要（SHA-256）", 66.0),
    ];
    let rows = seals.map(|seal| {
        vec![
            words(&seal.organization_id),
            Value::Number(seal.year.into()),
            number(&seal.final_score),
            words(&seal.grade),
            date(&seal.as_of_date),
            Value::Number(seal.position.into()),
            words(&seal.sheet_digest),
        ]
    });
    Table { id: "sealed", name_zh: "封存结果", columns, rows: rows.collect() }
}

fn event_row(version: &Version, known: duty::Position) -> Vec<Value> {
    let Version { recorded_at, recorder, recorded } = version;
    let (event, fact) = (&recorded.event, &recorded.fact);
    let numbers = event.evidence.iter().filter_map(|evidence| evidence.document_number.as_ref());
    let numbers = numbers.chain(event.details.document_number()).map(|number| number.as_str());
    let quantities: Vec<_> = event.quantities.iter().map(quantity).collect();
    let day = |day: Option<Date>| day.map_or(Value::Empty, Value::Date);
    vec![
        Value::Number(recorded.position().get().into()),
        words(&fact.event_id.to_string()),
        words(&event.source_number),
        Value::Date(duty::zone::civil_day(*recorded_at)),
        words(recorder),
        words(event.event_type().as_str()),
        words(kind_zh(event.kind)),
        words(&event.title),
        Value::Number(event.accounting_year.into()),
        words(precision_zh(event.occurred.precision())),
        day(event.occurred.start()),
        day(event.occurred.end()),
        words(&quantities.join("；")),
        words(&numbers.collect::<Vec<_>>().join("；")),
        words(if event.aggregate { "是" } else { "" }),
        words(match (fact.superseded_at, fact.withdrawn_at) {
            _ if fact.is_current(known) => "有效",
            (_, Some(_)) => "已撤回",
            _ => "已更正",
        }),
        words(if fact.is_accepted(known) { "是" } else { "" }),
        words(&event.source_reference),
        words(&event.quote),
    ]
}

/// The word of the workbooks that are filled in: what is copied from here is accepted there.
fn kind_zh(kind: Kind) -> &'static str {
    let kind = match kind {
        Kind::Performed => pb::EventKind::Performed,
        Kind::Planned => pb::EventKind::Planned,
        Kind::RecurringClaim => pb::EventKind::RecurringClaim,
        Kind::Outcome => pb::EventKind::Outcome,
    };
    choice_zh("EventKind", kind.into())
}

/// The same of how exactly a day is known.
fn precision_zh(precision: Precision) -> &'static str {
    let precision = match precision {
        Precision::Day => pb::DatePrecision::Day,
        Precision::Month => pb::DatePrecision::Month,
        Precision::Quarter => pb::DatePrecision::Quarter,
        Precision::HalfYear => pb::DatePrecision::HalfYear,
        Precision::Year => pb::DatePrecision::Year,
        Precision::Period => pb::DatePrecision::Period,
        Precision::Unknown => pb::DatePrecision::Unknown,
    };
    choice_zh("DatePrecision", precision.into())
}

fn quantity(quantity: &Quantity) -> String {
    let name = duty::metric::find(&quantity.metric).map_or(&*quantity.metric, |metric| metric.zh);
    format!("{name} {}{}{}", quantity.qualifier.sign(), quantity.value.normalize(), quantity.unit)
}
