//! What stands beside an export of score sheets: what it is of, and how anybody checks it.

use std::path::Path;

use serde_json::{Value, json};
use tonic::transport::Channel;

use super::Told;
use crate::cli::client::Failure;
use crate::cli::{FAILED, entries, shown};
use crate::pb;
use crate::pb::ledger_service_client::LedgerServiceClient;

/// The manifest of an export, as JSON.
pub(super) async fn text(channel: &Channel, file: &Path, told: &Told) -> Result<String, Failure> {
    let request = pb::GetCheckpointRequest { signed: false };
    let mut client = LedgerServiceClient::new(channel.clone());
    let checkpoint = client.get_checkpoint(request).await?.into_inner();
    let basis = told.basis.as_ref().map(entries::basis_json).transpose()?;
    let seals: Vec<Value> = told
        .seals
        .iter()
        .map(|(organization, at)| json!({ "organizationId": organization, "position": at }))
        .collect();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let manifest = json!({
        "file": name.unwrap_or_else(|| shown(file)),
        "sha256": told.written,
        // Absent when every sheet is sealed: each has the basis of its seal.
        "basis": basis,
        "sheetCount": told.end.sheet_count,
        "sheetsDigest": told.end.digest,
        "organizationsWithoutRules": told.end.organizations_without_rules,
        "seals": seals,
        "checkpoint": checkpoint.note,
        "check": [
            "sheetsDigest = SHA-256(每份评分表的 digest 加换行，按顺序) / SHA-256 over the digest of \
             each sheet and a line feed, in order",
            "duty-ledger receipt <position> --out seal.tlog-proof --entry seal.entry，\
             再用 verify-receipt 离线核验：条目内含封存时的评分表 / then verify-receipt, offline: \
             the entry holds the sheet as sealed",
            "rootHash 与 treeSize 可由条目重算，并与 checkpoint 的签名树一致 / rootHash and treeSize \
             follow from the entries and agree with the tree that the checkpoint signs",
        ],
    });
    let text = serde_json::to_string_pretty(&manifest);
    let text = text.map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
    Ok(format!("{text}\n"))
}
