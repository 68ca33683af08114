//! Compiles `proto/` without protoc: protox parses, tonic-prost-build generates into `OUT_DIR`.
//!
//! Only the root package does this, because only the root package knows protobuf. The descriptor
//! set goes into the binary, for reflection and for the canonical JSON of the command line; so
//! do the comments of fields and values, the headings and drop-downs of workbooks.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut files: Vec<PathBuf> = fs::read_dir("proto/dutyledger/v1")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "proto"));
    files.sort();

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let descriptors = compiler.file_descriptor_set();

    // Reflection and JSON need no comments; the generated code does.
    let mut bare = descriptors.clone();
    for file in &mut bare.file {
        file.source_code_info = None;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), bare.encode_to_vec())?;

    fs::write(out.join("comments.tsv"), comments(&descriptors))?;

    println!("cargo:rustc-env=DUTY_LEDGER_PROFILE={}", env::var("PROFILE")?);
    println!("cargo:rustc-env=DUTY_LEDGER_RUSTC={}", rustc_version());

    tonic_prost_build::configure()
        .bytes(".dutyledger.v1.RecordedEntry.stored")
        .bytes(".dutyledger.v1.GetReceiptResponse.stored")
        // The edge writes one by hand that shows nothing: no log line may show a name.
        .skip_debug(["dutyledger.v1.PersonalText"])
        .compile_fds(descriptors)?;
    Ok(())
}

/// What the compiler calls itself, for the description of measurements.
fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().map(|said| said.stdout);
    let said = said.map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    said.unwrap_or_default()
}

/// What the contract says of every field (`Message.field`) and enum value, one a line:
/// name, tab, comment. Numbers of a path are those of `descriptor.proto`.
fn comments(descriptors: &prost_types::FileDescriptorSet) -> String {
    const MESSAGES: i32 = 4;
    const ENUMS: i32 = 5;
    const MEMBERS: i32 = 2;
    let at = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
    let mut lines = String::new();
    for file in &descriptors.file {
        if file.package() != "dutyledger.v1" {
            continue;
        }
        for location in file.source_code_info.iter().flat_map(|info| &info.location) {
            let name = match location.path[..] {
                [MESSAGES, message, MEMBERS, field] => file
                    .message_type
                    .get(at(message))
                    .and_then(|m| Some(format!("{}.{}", m.name(), m.field.get(at(field))?.name()))),
                [ENUMS, list, MEMBERS, value] => file
                    .enum_type
                    .get(at(list))
                    .and_then(|list| Some(list.value.get(at(value))?.name().to_owned())),
                _ => None,
            };
            if let Some(name) = name {
                let words: Vec<_> = location.leading_comments().split_whitespace().collect();
                lines.push_str(&format!("{name}\t{}\n", words.join(" ")));
            }
        }
    }
    lines
}
