//! A score sheet as a row of CSV. Column names are stable: programs read them.

use rust_decimal::Decimal;

use crate::cli::FAILED;
use crate::cli::client::Failure;
use crate::cli::export::csv::{BYTE_ORDER_MARK, safe};
use crate::pb;

const COLUMNS: [&str; 20] = [
    "organization_id",
    "year",
    "as_of_date",
    "known_position",
    "root_hash",
    "rule_set_id",
    "rule_set_digest",
    "own_score",
    "computed_score",
    "verified_score",
    "bonus",
    "penalty",
    "vetoes",
    "final_score",
    "grade",
    "stage",
    "sealed",
    "sealed_position",
    "differences",
    "sheet_digest",
];

/// The byte order mark and the names of the columns.
pub(super) fn heading() -> Result<Vec<u8>, Failure> {
    let mut bytes = BYTE_ORDER_MARK.to_vec();
    bytes.extend(record(COLUMNS.map(ToOwned::to_owned))?);
    Ok(bytes)
}

/// The row of a sheet.
pub(super) fn row(sheet: &pb::GetScoreSheetResponse) -> Result<Vec<u8>, Failure> {
    let basis = sheet.basis.clone().unwrap_or_default();
    let rules = basis.rule_sets.first().cloned().unwrap_or_default();
    let standing = sheet.standing.clone().unwrap_or_default();
    let stage = match standing.stage() {
        pb::YearStage::Unspecified | pb::YearStage::Open => "open",
        pb::YearStage::Published => "published",
        pb::YearStage::Sealed => "sealed",
    };
    let of_kind = |kind: pb::AdjustmentKind| {
        sheet.adjustments.iter().filter(move |adjustment| adjustment.kind() == kind)
    };
    let points = |kind| {
        let points = of_kind(kind).filter_map(|made| made.points.parse::<Decimal>().ok());
        points.sum::<Decimal>().to_string()
    };
    record([
        safe(&sheet.organization_id),
        basis.year.to_string(),
        basis.as_of_date,
        basis.known_position.to_string(),
        basis.root_hash,
        safe(&rules.rule_set_id),
        rules.digest,
        sheet.own_score.clone(),
        sheet.computed_score.clone(),
        sheet.verified_score.clone(),
        points(pb::AdjustmentKind::Bonus),
        points(pb::AdjustmentKind::Penalty),
        of_kind(pb::AdjustmentKind::Veto).count().to_string(),
        sheet.final_score.clone(),
        safe(&sheet.grade),
        stage.to_owned(),
        sheet.is_sealed.to_string(),
        standing.sealed_position.to_string(),
        sheet.differences.len().to_string(),
        sheet.digest.clone(),
    ])
}

fn record(cells: [String; COLUMNS.len()]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells);
    written.map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    writer.into_inner().map_err(|error| Failure::new(FAILED, error.to_string()))
}
