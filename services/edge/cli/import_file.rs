//! What a file that is to be imported is: by its bytes, and by its name where they say less.
//!
//! A workbook that is damaged, empty or under a password is told so, and never read as lines of
//! text that nobody wrote.

use std::path::Path;

use super::client::Failure;
use super::{BAD_DATA, shown};

/// How an archive begins, an XLSX workbook among them, and one that holds nothing.
const ARCHIVES: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// How a compound file begins: what spreadsheet programs wrote before XLSX, and what they wrap an
/// XLSX with a password in.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// The stream of a compound file that holds a workbook under a password, in UTF-16.
const ENCRYPTED: &str = "EncryptedPackage";
/// How texts in UTF-16 begin.
const UTF_16: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
/// Endings of the names spreadsheet programs give to workbooks.
const WORKBOOKS: [&str; 7] = ["xlsx", "xlsm", "xltx", "xlsb", "xls", "et", "ods"];

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An archive, which may be a workbook.
    Workbook,
    /// Text: JSON Lines or a report document.
    Text,
}

/// What a file is.
///
/// # Errors
/// When it is empty, or is what cannot be imported and says so itself.
pub(super) fn kind(path: &Path, bytes: &[u8]) -> Result<Kind, Failure> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    let refuse = |zh: &str, en: &str| {
        let file = shown(path);
        Err(Failure::new(BAD_DATA, format!("{file}: {zh} / {en}; nothing was imported")))
    };
    if ARCHIVES.into_iter().any(begins) {
        return Ok(Kind::Workbook);
    }
    if bytes.is_empty() {
        return refuse("是空文件，没有导入任何内容", "the file is empty");
    }
    if begins(COMPOUND) {
        let stream: Vec<u8> = ENCRYPTED.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if bytes.windows(stream.len()).any(|window| window == stream) {
            return refuse(
                "工作簿设有密码，无法读取：请取消密码，另存为 .xlsx 后导入",
                "the workbook is under a password: take it away and save as .xlsx",
            );
        }
        return refuse(
            "是旧格式（如 .xls、.doc），不是 .xlsx：请用表格软件打开，另存为 .xlsx 后导入",
            "this is an old format such as .xls or .doc: open it and save it as .xlsx",
        );
    }
    if is_named_workbook(path) {
        return refuse(
            "名为工作簿，内容却不是 .xlsx（文件已损坏，或是其他格式改了名）：请重新导出或另存为 .xlsx 后导入",
            "it is named a workbook and is no XLSX, damaged or of another format: save it as .xlsx again",
        );
    }
    if UTF_16.into_iter().any(begins) {
        return refuse(
            "是 UTF-16 编码的文本：请转换为 UTF-8 后导入",
            "this text is in UTF-16: convert it to UTF-8",
        );
    }
    Ok(Kind::Text)
}

fn is_named_workbook(path: &Path) -> bool {
    let ending = path.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    WORKBOOKS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}
