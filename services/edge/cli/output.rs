//! The one place that prints: results to standard output, complaints to standard error.

use std::sync::OnceLock;

use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::pb;

/// Prints a line of a result.
pub(super) fn say(text: &str) {
    use std::io::Write as _;
    // A closed pipe (`| head`) is how readers say they have seen enough.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a complaint.
pub(super) fn complain(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Why a message has no JSON.
#[derive(Debug, thiserror::Error)]
pub(super) enum JsonError {
    /// Our own descriptors cannot be read.
    #[error("the descriptors cannot be read")]
    Descriptors(#[source] prost_reflect::DescriptorError),
    /// No message of that name.
    #[error("there is no message {0}")]
    NoSuchMessage(String),
    /// The bytes are no such message.
    #[error("the bytes are no such message")]
    Decode(#[source] prost_reflect::prost::DecodeError),
    /// The text is no such message.
    #[error("{0}")]
    Json(#[source] serde_json::Error),
}

/// The descriptors of our package, read once: an import asks for them with every line.
fn pool() -> Result<&'static DescriptorPool, JsonError> {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    if let Some(pool) = POOL.get() {
        return Ok(pool);
    }
    let pool = DescriptorPool::decode(pb::DESCRIPTORS).map_err(JsonError::Descriptors)?;
    Ok(POOL.get_or_init(|| pool))
}

fn descriptor(name: &str) -> Result<prost_reflect::MessageDescriptor, JsonError> {
    let pool = pool()?;
    let full = format!("dutyledger.v1.{name}");
    pool.get_message_by_name(&full).ok_or(JsonError::NoSuchMessage(full))
}

/// The canonical protobuf JSON of a message of our package.
///
/// # Errors
/// [`JsonError`]; impossible for a message of the package by its own name.
pub(super) fn to_json<M: prost::Message>(name: &str, message: &M) -> Result<String, JsonError> {
    let bytes = message.encode_to_vec();
    let message =
        DynamicMessage::decode(descriptor(name)?, bytes.as_slice()).map_err(JsonError::Decode)?;
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, PrettyFormatter::new());
    let options = SerializeOptions::new();
    message.serialize_with_options(&mut serializer, &options).map_err(JsonError::Json)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The same in one line, for JSON Lines.
///
/// # Errors
/// [`JsonError`]; impossible for a message of the package by its own name.
pub(super) fn to_json_line<M: prost::Message>(
    name: &str,
    message: &M,
) -> Result<String, JsonError> {
    let bytes = message.encode_to_vec();
    let message =
        DynamicMessage::decode(descriptor(name)?, bytes.as_slice()).map_err(JsonError::Decode)?;
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut text);
    let options = SerializeOptions::new();
    message.serialize_with_options(&mut serializer, &options).map_err(JsonError::Json)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The message of our package in canonical protobuf JSON.
///
/// # Errors
/// [`JsonError`] when the text is not such a message; the text says where.
pub(super) fn from_json<M: prost::Message + Default>(
    name: &str,
    value: serde_json::Value,
) -> Result<M, JsonError> {
    let message = DynamicMessage::deserialize(descriptor(name)?, value).map_err(JsonError::Json)?;
    message.transcode_to().map_err(JsonError::Decode)
}
