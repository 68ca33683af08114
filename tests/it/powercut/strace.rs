//! Reads what `strace -f -ttt -y -xx` wrote: system calls with their arguments, when each began
//! and when it ended.
//!
//! It knows the syntax and nothing of files. Calls cut in two (`<unfinished ...>`, `resumed`) are
//! joined; a call that never ended, because the process was killed, has no result.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// The calls that change files, move their descriptors or force anything out, and those that
/// would change files behind the recorder's back, which then says so.
const CALLS: &str = "open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,lseek,\
    ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,\
    link,linkat,symlink,symlinkat,fsync,fdatasync,sync_file_range,syncfs,sync,msync,close,dup,\
    dup2,dup3,fcntl,mmap,copy_file_range,sendfile,splice";

/// A command that runs another under `strace`, into a file.
pub(crate) fn record(trace: &Path, traced: &Command) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-ttt", "-y", "-xx", "-s", "16777216", "--seccomp-bpf", "-e"]);
    command.arg(format!("trace={CALLS}")).arg("-o").arg(trace).arg("--");
    wrap(command, traced)
}

/// A command that runs another under `strace` with a fault put into it; see `strace -e inject`.
pub(crate) fn inject(fault: &str, path: Option<&Path>, traced: &Command) -> Command {
    let call = fault.split(':').next().expect("at least one part");
    let mut command = Command::new("strace");
    command.args(["-f", "-e", &format!("trace={call}"), "-e", &format!("inject={fault}")]);
    if let Some(path) = path {
        command.arg("-P").arg(path);
    }
    command.args(["-o", "/dev/null", "--"]);
    wrap(command, traced)
}

fn wrap(mut command: Command, traced: &Command) -> Command {
    command.arg(traced.get_program()).args(traced.get_args());
    for (name, value) in traced.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// One system call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    /// The arguments as strace wrote them.
    pub(super) args: Vec<Vec<u8>>,
    /// What it returned; -1 for an error, `None` if it never did.
    pub(super) result: Option<i64>,
}

/// Where a call begins or ends in the order of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Begin,
    End,
}

/// Calls, and their edges in order: index into the calls, which edge, when (microseconds).
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) calls: Vec<Call>,
    pub(super) edges: Vec<(usize, Edge, u64)>,
}

/// Reads a whole trace.
pub(super) fn parse(text: &[u8]) -> Calls {
    let mut read = Calls::default();
    // What was begun and not yet ended, by thread.
    let mut open: HashMap<&[u8], (usize, Vec<u8>)> = HashMap::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let (thread, rest) = word(line);
        let (time, rest) = word(rest);
        let at = micros(time);
        if rest.starts_with(b"+++") || rest.starts_with(b"---") {
            continue;
        }
        if rest.starts_with(b"<... ") {
            let (index, mut begun) = open.remove(thread).expect("what is resumed was begun");
            let after = find(rest, b" resumed>").expect("a resumed call") + b" resumed>".len();
            begun.extend_from_slice(&rest[after..]);
            finish(&mut read.calls[index], &begun);
            read.edges.push((index, Edge::End, at));
            continue;
        }
        let index = read.calls.len();
        let name_end = find(rest, b"(").unwrap_or_else(|| panic!("no call: {}", lossy(rest)));
        let name = lossy(&rest[..name_end]);
        let mut call = Call { name, args: Vec::new(), result: None };
        read.edges.push((index, Edge::Begin, at));
        match find_last(rest, b" <unfinished ...>") {
            Some(cut) => {
                // The arguments so far: a call that is never resumed has at least these.
                call.args = arguments(&rest[name_end + 1..cut]).0;
                open.insert(thread, (index, rest[..cut].to_vec()));
            }
            None => {
                finish(&mut call, rest);
                if call.result.is_some() {
                    read.edges.push((index, Edge::End, at));
                }
            }
        }
        read.calls.push(call);
    }
    read
}

fn finish(call: &mut Call, whole: &[u8]) {
    let from = find(whole, b"(").expect("a call") + 1;
    let (args, rest) = arguments(&whole[from..]);
    call.args = args;
    let after = find(rest, b"= ").map_or(&b"?"[..], |at| &rest[at + 2..]);
    call.result = number(after);
}

/// The arguments up to the closing parenthesis, and what comes after it.
fn arguments(text: &[u8]) -> (Vec<Vec<u8>>, &[u8]) {
    let (mut args, mut start, mut at) = (Vec::new(), 0, 0);
    let mut depth = 0_usize;
    while at < text.len() {
        match text[at] {
            // With -xx there is no quote inside a string.
            b'"' => {
                let end = text[at + 1..].iter().position(|byte| *byte == b'"');
                at += 1 + end.unwrap_or(text.len() - at - 2);
            }
            b'<' if text.get(at + 1) != Some(&b'<') => {
                let end = text[at..].iter().position(|byte| *byte == b'>');
                at += end.unwrap_or(0);
            }
            b'{' | b'[' | b'(' => depth += 1,
            b')' if depth == 0 => {
                push(&mut args, &text[start..at]);
                return (args, &text[at + 1..]);
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                push(&mut args, &text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    push(&mut args, &text[start.min(text.len())..]);
    (args, &[])
}

fn push(args: &mut Vec<Vec<u8>>, text: &[u8]) {
    let text = text.trim_ascii();
    if !text.is_empty() {
        args.push(text.to_vec());
    }
}

/// A descriptor and the path behind it: `12</a/b>`.
pub(super) fn descriptor(arg: &[u8]) -> Option<(i64, String)> {
    let open = find(arg, b"<")?;
    let path = arg[open + 1..].strip_suffix(b">")?;
    // The working directory has no number.
    let number = number(&arg[..open]).unwrap_or(-100);
    Some((number, lossy(&unescape(path))))
}

/// A string in quotes; `None` if it is none, or was cut short.
pub(super) fn string(arg: &[u8]) -> Option<Vec<u8>> {
    Some(unescape(arg.strip_prefix(b"\"")?.strip_suffix(b"\"")?))
}

/// A number at the start of a text: decimal or `0x` hexadecimal.
pub(super) fn number(text: &[u8]) -> Option<i64> {
    let end = text.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'-'));
    let text = std::str::from_utf8(&text[..end.unwrap_or(text.len())]).ok()?;
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn unescape(text: &[u8]) -> Vec<u8> {
    if !text.starts_with(b"\\x") {
        return text.to_vec();
    }
    let digit = |byte: u8| if byte < b'a' { byte - b'0' } else { byte - b'a' + 10 };
    text.chunks_exact(4).map(|four| (digit(four[2]) << 4) | digit(four[3])).collect()
}

fn micros(text: &[u8]) -> u64 {
    let text = lossy(text);
    let (seconds, fraction) = text.split_once('.').expect("seconds and a fraction");
    let number = |text: &str| text.parse::<u64>().expect("digits");
    number(seconds) * 1_000_000 + number(fraction)
}

fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| *byte == b' ').expect("a word and more");
    (&line[..end], line[end..].trim_ascii_start())
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn find_last(text: &[u8], what: &[u8]) -> Option<usize> {
    // It can only stand near the end, and lines may have megabytes.
    let from = text.len().saturating_sub(64);
    find(&text[from..], what).map(|at| from + at)
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[test]
fn calls_are_read_joined_and_ordered() {
    let text = br#"7 10.000001 openat(AT_FDCWD<\x2f\x74>, "\x2f\x74\x2f\x61", O_RDWR) = 3</t/a>
8 10.000002 pwrite64(3</t/a>, "\x01\xff", 2, 96 <unfinished ...>
7 10.000003 fdatasync(3</t/a> <unfinished ...>
8 10.000004 <... pwrite64 resumed>) = 2
8 10.000005 write(3</t/a>, "\x41"..., 1 <unfinished ...>) = ?
7 10.000006 <... fdatasync resumed>) = -1 EIO (Input/output error) (INJECTED)
8 10.000007 +++ killed by SIGKILL +++
"#;
    let read = parse(text);
    let edges: Vec<_> = read.edges.iter().map(|(call, edge, at)| (*call, *edge, at % 10)).collect();
    use Edge::{Begin, End};
    let expected =
        [(0, Begin, 1), (0, End, 1), (1, Begin, 2), (2, Begin, 3), (1, End, 4), (3, Begin, 5)];
    assert_eq!(edges[..6], expected);
    assert_eq!(edges[6..], [(2, End, 6)]);
    let results: Vec<_> = read.calls.iter().map(|call| call.result).collect();
    assert_eq!(results, [Some(3), Some(2), Some(-1), None]);
    assert_eq!(descriptor(&read.calls[0].args[0]), Some((-100, "/t".to_owned())));
    assert_eq!(string(&read.calls[0].args[1]), Some(b"/t/a".to_vec()));
    assert_eq!(string(&read.calls[1].args[1]), Some(vec![1, 255]));
    assert_eq!(number(&read.calls[1].args[3]), Some(96));
    assert_eq!(string(&read.calls[3].args[1]), None, "cut short");
}
