//! Calling the service from the command line, and saying what it said.

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::{ErrorDetail, StatusExt as _};

use super::{BAD_DATA, FAILED, UNREACHABLE};

/// What ended a command.
#[derive(Debug)]
pub(super) struct Failure {
    /// Exit code.
    pub(super) code: u8,
    /// For people, in both languages.
    pub(super) text: String,
}

impl Failure {
    pub(super) fn new(code: u8, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        use std::error::Error as _;
        let code = match status.code() {
            Code::InvalidArgument => BAD_DATA,
            Code::Unavailable => UNREACHABLE,
            // What has a source was made here: the connection broke.
            Code::Unknown | Code::Cancelled if status.source().is_some() => UNREACHABLE,
            _ => FAILED,
        };
        if code == UNREACHABLE && status.source().is_some() {
            let text = format!(
                "连接中断：服务是否仍在运行？/ the connection broke; is the service still running? {}",
                crate::chain(&status)
            );
            return Self::new(code, text);
        }
        if status.code() == Code::Unimplemented {
            let text = "该地址没有此接口：查询与填报用 API 端口（listen），核验、备份与状态用管理端口\
                        （admin_listen）；或服务版本过旧\n\
                        there is no such call at this address: views and appends are on the API \
                        port (listen), verify, backup and status on the admin port \
                        (admin_listen); or the service is an older one";
            return Self::new(code, text);
        }
        Self::new(code, described(&status))
    }
}

/// Connects to the service.
pub(super) async fn connect(server: &str) -> Result<Channel, Failure> {
    let endpoint = Endpoint::from_shared(server.to_owned()).map_err(|error| {
        Failure::new(
            super::BAD_CONFIG,
            format!("“{server}”不是服务地址，例如 http://127.0.0.1:50051 / not a server address: {error}"),
        )
    })?;
    endpoint.connect_timeout(Duration::from_secs(5)).connect().await.map_err(|error| {
        Failure::new(
            UNREACHABLE,
            format!(
                "无法连接 {server}：服务是否已启动（duty-ledger serve 或 demo）？\n\
                 cannot reach {server}; is the service running (duty-ledger serve or demo)? {}",
                crate::chain(&error)
            ),
        )
    })
}

/// A status for people: both texts, and every field that is wrong.
pub(super) fn described(status: &Status) -> String {
    let details = status.get_error_details_vec();
    let mut lines = Vec::new();
    for detail in &details {
        if let ErrorDetail::LocalizedMessage(text) = detail {
            lines.push(text.message.clone());
        }
    }
    if lines.is_empty() {
        lines.push(format!("{:?}: {}", status.code(), status.message()));
    }
    for detail in &details {
        match detail {
            ErrorDetail::ErrorInfo(info) => {
                lines.push(format!("[{:?} {}]", status.code(), info.reason))
            }
            ErrorDetail::BadRequest(bad) => {
                for violation in &bad.field_violations {
                    let mut line = format!("  - {} {}", violation.field, violation.reason);
                    // Past the first few, violations come without texts.
                    if let Some(zh) = &violation.localized_message {
                        line.push_str(&format!(" {} / {}", zh.message, violation.description));
                    }
                    lines.push(line);
                }
            }
            _ => {}
        }
    }
    lines.join("\n")
}
