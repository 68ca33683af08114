//! Tables as JSON and as Markdown.

use std::fmt::Write as _;

use serde_json::json;

use super::sheets::{Document, Value};
use crate::cli::client::Failure;
use crate::cli::entries;

/// Every table as JSON, with what it reflects.
pub(super) fn json(document: &Document) -> Result<String, Failure> {
    let mut tables = serde_json::Map::new();
    for table in &document.tables {
        let row = |row: &Vec<Value>| {
            let cells = table.columns.iter().zip(row);
            let cells = cells.map(|(column, value)| (column.id.to_owned(), json_value(value)));
            serde_json::Value::Object(cells.collect())
        };
        let rows: Vec<serde_json::Value> = table.rows.iter().map(row).collect();
        tables.insert(table.id.to_owned(), rows.into());
    }
    let basis = entries::basis_json(&document.basis)?;
    Ok(format!("{:#}\n", json!({ "basis": basis, "tables": tables })))
}

/// A number keeps its decimal places as text: JSON has no decimals.
fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Empty => serde_json::Value::Null,
        Value::Text(text) => text.clone().into(),
        Value::Number(number) => number.to_string().into(),
        Value::Date(date) => date.to_string().into(),
    }
}

/// Every table as Markdown, with what it reflects at the foot.
pub(super) fn markdown(document: &Document) -> String {
    let mut out = String::new();
    for table in &document.tables {
        out.push_str(&format!("## {}\n\n", table.name_zh));
        let heads: Vec<_> = table.columns.iter().map(|column| column.zh).collect();
        out.push_str(&format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len())));
        for row in &table.rows {
            let cells: Vec<_> = row.iter().map(cell).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        out.push('\n');
    }
    out.push_str("---\n\n");
    for (name, value) in &document.provenance {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{name}：{}  ", escaped(value));
    }
    out
}

fn cell(value: &Value) -> String {
    escaped(&value.text())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}
