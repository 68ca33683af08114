//! The page that says how to check this ledger without trusting it.

use axum::extract::State;
use axum::response::Response;

use super::{CHANGING, Site, TEXT, answer};

pub(super) async fn page(State(site): State<Site>) -> Response {
    let log = site.ledger.log();
    let [ed25519, sm2] = log.keys().verifiers();
    let origin = log.origin();
    let published = log.published();
    let size = published.as_ref().map_or(0, |published| published.checkpoint.size());
    let policy = log.policy_text().unwrap_or_else(|| {
        "（未配置见证方 / no witnesses are configured）\nquorum none\n".to_owned()
    });
    let entries = if site.serve_entries {
        "/tile/entries/<N>[.p/<W>]  条目 / entries"
    } else {
        "/tile/entries/…  403：条目须有权限 / entries take a right to read them"
    };
    let text = format!(
        "\
责任台账：如何不必信任地核验 / Duty Ledger: how to check it without trusting it

来源 origin: {origin}
已公布条数 published entries: {size}

公钥 public keys (C2SP signed-note):
  {ed25519}
  {sm2}
请从另一渠道核对公钥，勿只凭本页。
Compare the keys with what you got on another way than this page.

见证策略 witness policy (C2SP tlog-policy):
{policy}
文件 files (C2SP tlog-tiles; RFC 6962, SHA-256; leaf = stored bytes of an entry; index = position - 1):
  /checkpoint  签名检查点 / the signed checkpoint
  /tile/<L>/<N>[.p/<W>]  哈希 / hashes
  {entries}
  /log.vkey  /sm2.pem  公钥 / public keys

三种核验方法 / three ways to check:

1. 凭证 a receipt (C2SP tlog-proof), offline:
     duty-ledger receipt <event-id> --out r.tlog-proof --entry e.bin
     duty-ledger verify-receipt r.tlog-proof --entry e.bin --vkey-file log.vkey

2. 任何 C2SP 核验程序，不用本方软件 / any C2SP verifier, none of our software:
     pip install aics-tlog    # Python 3.12 or later
   用其核验本站的 /checkpoint 与 /tile/ / let it check /checkpoint and /tile/ of this site.

3. 国密 SM2-with-SM3：检查点空行以前（含换行）为被签文本，以 {origin} 开头、标识为 {sm2_id} 的签名行，
   base64 解码后去掉前 4 字节即 DER 签名：
   SM2 with SM3: the text before the blank line of the checkpoint, its line break included, is what
   is signed; the signature is the base64 of the line of {origin} whose key id is {sm2_id}, without
   its first four bytes, in DER:
     openssl pkeyutl -verify -pubin -inkey sm2.pem -rawin -digest sm3 \\
       -pkeyopt distid:1234567812345678 -in checkpoint.txt -sigfile checkpoint.sig
",
        sm2_id = sm2.id(),
    );
    answer(TEXT, CHANGING, text)
}
