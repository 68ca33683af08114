//! What a run found: lines with their limits, ratios and targets; as JSON and as a table.

use serde::Serialize;
use serde_json::{Map, Value};

use super::load::{Latencies, Percentiles};
use super::machine::{Machine, Program};
use crate::cli::{Language, table};

/// A whole run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// What was measured.
    pub(super) program: Program,
    /// Where.
    pub(super) machine: Machine,
    /// How.
    pub(super) parameters: Value,
    /// What came out, line by line.
    pub(super) lines: Vec<Line>,
    /// How long the run took, in seconds.
    pub(super) seconds: f64,
}

/// One line: a figure, beside its limit where it has one.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// Name for programs.
    pub(super) id: String,
    /// What is measured, in Chinese.
    pub(super) zh: String,
    /// What is measured, in English.
    pub(super) en: String,
    /// Unit of `measured` and of the limit.
    pub(super) unit: &'static str,
    /// The figure: the median of the rounds.
    pub(super) measured: f64,
    /// What it is compared with; the median of the rounds.
    pub(super) limit: Option<Limit>,
    /// The figure over the limit, pair by pair; the median.
    pub(super) ratio: Option<f64>,
    /// The ratio of each pair, in order: how far they scatter.
    pub(super) rounds: Vec<f64>,
    /// What is to be reached.
    pub(super) targets: Vec<Target>,
    /// Whether all of it is; null when this run cannot tell.
    pub(super) reached: Option<bool>,
    /// What the callers waited for an answer.
    pub(super) latency_us: Option<Percentiles>,
    /// What they waited for the limit.
    pub(super) limit_latency_us: Option<Percentiles>,
    /// What else belongs to it.
    pub(super) details: Map<String, Value>,
}

/// What a figure is compared with.
#[derive(Debug, Serialize)]
pub(super) struct Limit {
    /// What, in Chinese.
    pub(super) zh: &'static str,
    /// What, in English.
    pub(super) en: &'static str,
    /// The figure, in the unit of the line.
    pub(super) measured: f64,
}

/// What is compared with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Of {
    /// The ratio.
    Ratio,
    /// The figure itself.
    Measured,
    /// The peak of resident memory, in bytes.
    Memory,
}

/// Which side of the bound is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    /// The bound or more.
    AtLeast,
    /// The bound or less.
    AtMost,
}

/// Something to be reached.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Target {
    /// What is compared.
    pub(super) of: Of,
    /// Which side is good.
    pub(super) bound: Bound,
    /// The bound.
    pub(super) value: f64,
    /// Whether it is reached; null when this run cannot tell.
    pub(super) reached: Option<bool>,
}

/// Rounds of a figure and its limit, measured in turn.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// The figure of each round, and the limit's right after it.
    pub(super) pairs: Vec<(f64, f64)>,
    /// Latencies of all rounds.
    pub(super) latency: Option<Latencies>,
    /// Latencies of the limit.
    pub(super) limit_latency: Option<Latencies>,
}

impl Rounds {
    /// Adds the latencies of a round.
    pub(super) fn add(&mut self, latency: &Latencies, limit: &Latencies) {
        for (all, one) in [(&mut self.latency, latency), (&mut self.limit_latency, limit)] {
            match all {
                Some(all) => all.add(one),
                None => *all = Some(one.clone()),
            }
        }
    }

    /// The ratio of each pair.
    pub(super) fn ratios(&self) -> Vec<f64> {
        self.pairs.iter().map(|(figure, limit)| figure / limit.max(f64::EPSILON)).collect()
    }

    /// The line of these rounds.
    pub(super) fn line(
        &self,
        id: impl Into<String>,
        (zh, en): (impl Into<String>, impl Into<String>),
        unit: &'static str,
        (limit_zh, limit_en): (&'static str, &'static str),
    ) -> Line {
        let rounds = self.ratios();
        let limit = median(self.pairs.iter().map(|(_, limit)| *limit));
        Line {
            limit: Some(Limit { zh: limit_zh, en: limit_en, measured: limit }),
            ratio: Some(median(rounds.iter().copied())),
            rounds,
            latency_us: self.latency.as_ref().map(Latencies::percentiles),
            limit_latency_us: self.limit_latency.as_ref().map(Latencies::percentiles),
            ..Line::new(id, (zh, en), unit, median(self.pairs.iter().map(|(figure, _)| *figure)))
        }
    }
}

/// The middle value, or the mean of the two in the middle; 0 for none.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (None, _) => 0.0,
        (Some(upper), 0) => f64::midpoint(*upper, values[middle - 1]),
        (Some(middle), _) => *middle,
    }
}

impl Line {
    /// A figure by itself.
    pub(super) fn new(
        id: impl Into<String>,
        (zh, en): (impl Into<String>, impl Into<String>),
        unit: &'static str,
        measured: f64,
    ) -> Self {
        Self {
            id: id.into(),
            zh: zh.into(),
            en: en.into(),
            unit,
            measured,
            limit: None,
            ratio: None,
            rounds: Vec::new(),
            targets: Vec::new(),
            reached: None,
            latency_us: None,
            limit_latency_us: None,
            details: Map::new(),
        }
    }

    /// Adds something to be reached by the ratio or the figure.
    pub(super) fn target(self, of: Of, bound: Bound, value: f64) -> Self {
        let measured = match of {
            Of::Ratio => self.ratio,
            Of::Measured => Some(self.measured),
            Of::Memory => None,
        };
        let reached = measured.map(|measured| match bound {
            Bound::AtLeast => value <= measured,
            Bound::AtMost => measured <= value,
        });
        self.with(Target { of, bound, value, reached })
    }

    /// Adds something to be reached that was judged elsewhere.
    pub(super) fn with(mut self, target: Target) -> Self {
        self.targets.push(target);
        let missed = self.targets.iter().any(|target| target.reached == Some(false));
        let open = self.targets.iter().any(|target| target.reached.is_none());
        self.reached = match (missed, open) {
            (true, _) => Some(false),
            (false, true) => None,
            (false, false) => Some(true),
        };
        self
    }

    /// The ratio, and below it the one to an append without a ledger, where that was measured.
    fn ratio_text(&self, language: Language) -> String {
        let text = self.ratio.map_or("—".to_owned(), |ratio| format!("{ratio:.2}"));
        let detail = |key: &str| self.details.get(key).and_then(Value::as_f64);
        match (detail("bare"), detail("ratio_to_bare")) {
            (Some(bare), Some(ratio)) => {
                let of = language.pick("裸栈", "bare stack");
                format!("{text}\n{of} {}: {ratio:.2}", number(bare))
            }
            _ => text,
        }
    }

    /// Adds what else belongs to it.
    pub(super) fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }
}

impl Report {
    /// Whether something that was to be reached is known not to be.
    pub(super) fn misses(&self) -> bool {
        self.lines.iter().any(|line| line.reached == Some(false))
    }

    /// For people.
    pub(super) fn text(&self, language: Language) -> String {
        let mut rows = table::new(&[
            language.pick("项目", "what"),
            language.pick("实测", "measured"),
            language.pick("本次上限", "limit in this run"),
            language.pick("比值", "ratio"),
            language.pick("目标", "reach"),
            language.pick("达标", "reached"),
            language.pick("时延 p50/p90/p99/p99.9/最大 (µs)", "p50/p90/p99/p99.9/max (µs)"),
        ]);
        for line in &self.lines {
            let limit = line.limit.as_ref().map_or("—".to_owned(), |limit| {
                let name = language.pick(limit.zh, limit.en);
                format!("{} {}\n{name}", number(limit.measured), line.unit)
            });
            let latency = line.latency_us.map_or(String::new(), |latency| {
                let Percentiles { p50, p90, p99, p999, max, .. } = latency;
                format!("{p50}/{p90}/{p99}/{p999}/{max}")
            });
            let targets = line.targets.iter().map(|target| target.text(line.unit, language));
            rows.add_row(vec![
                language.pick(&line.zh, &line.en).to_owned(),
                format!("{} {}", number(line.measured), line.unit),
                limit,
                line.ratio_text(language),
                targets.collect::<Vec<_>>().join("\n"),
                match line.reached {
                    Some(true) => language.pick("✓ 是", "✓ yes"),
                    Some(false) => language.pick("✗ 否", "✗ no"),
                    None if line.targets.is_empty() => "—",
                    None => language.pick("? 本次不能判定", "? not told by this run"),
                }
                .to_owned(),
                latency,
            ]);
        }
        format!("{}\n{rows}\n{}", self.place(language), notes(language))
    }

    /// The machine and the program, in a few lines.
    fn place(&self, language: Language) -> String {
        let Machine { cpu, cpus, memory_bytes, load_average, kernel, file_system, device, .. } =
            &self.machine;
        let Program { version, commit, profile, rustc } = self.program;
        let commit = commit.unwrap_or("—");
        let mut text = format!(
            "duty-ledger {version} ({commit}) · {profile} · {rustc}\n\
             {cpus} × {cpu} · {:.1} GiB · load {load_average} · {kernel} · {file_system} ({device})",
            gibibytes(*memory_bytes)
        );
        if profile != "release" {
            text.push_str(language.pick(
                "\n注意：非 release 构建，数值无意义",
                "\nbeware: not a release build, the figures mean nothing",
            ));
        }
        if self.machine.in_memory {
            text.push_str(language.pick(
                "\n注意：目录在内存文件系统上，落盘不花时间；请用 --dir 指到真实磁盘",
                "\nbeware: the directory lies in memory, where a sync costs nothing; point --dir at a disk",
            ));
        }
        text
    }
}

fn notes(language: Language) -> &'static str {
    language.pick(
        "闭环负载：每个调用方收到答复后才发下一次调用；客户端与服务在同一台机器上。比值按轮次成对取中位数。\n裸栈：同样的消息、gRPC、单写线程、日志与落盘，不校验、不判定、不散列、不归集；是这套技术栈在本机的上限。",
        "Closed loop: each caller sends its next call when the last is answered; client and service share the machine. Ratios are taken pair by pair, the median is shown.\nBare stack: the same messages, gRPC, one writer, journal and syncs, without checks, decisions, hashes or fold: what this stack can do on this machine.",
    )
}

impl Target {
    fn text(&self, unit: &str, language: Language) -> String {
        let sign = match self.bound {
            Bound::AtLeast => "≥",
            Bound::AtMost => "≤",
        };
        match self.of {
            Of::Ratio => format!("{sign} {} ×", self.value),
            Of::Measured => format!("{sign} {} {unit}", number(self.value)),
            Of::Memory => {
                let memory = language.pick("内存", "memory");
                format!("{memory} {sign} {} GiB", gibibytes(self.value as u64))
            }
        }
    }
}

fn gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

/// A figure to three digits or so, with separators.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    if value < 1_000.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_shortly() {
        for (value, shown) in
            [(0.123, "0.12"), (45.67, "45.7"), (999.4, "999.4"), (1_234_567.8, "1,234,568")]
        {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn the_middle_is_taken_pair_by_pair() {
        let pairs = vec![(1.0, 10.0), (60.0, 100.0), (7.0, 10.0)];
        let rounds = Rounds { pairs, ..Rounds::default() };
        let line = rounds.line("a", ("甲", "a"), "events/s", ("乙", "b"));
        assert_eq!((line.measured, line.ratio), (7.0, Some(0.6)));
        assert_eq!(line.limit.map(|limit| limit.measured), Some(10.0));
        assert_eq!(median([]), 0.0);
        assert_eq!(median([4.0, 1.0]), 2.5);
    }

    #[test]
    fn a_line_is_reached_when_all_of_it_is() {
        let line = || Line::new("a", ("甲", "a"), "s", 2.0);
        assert_eq!(line().reached, None);
        let met = line().target(Of::Measured, Bound::AtMost, 3.0);
        assert_eq!(met.reached, Some(true));
        let open = Target { of: Of::Memory, bound: Bound::AtMost, value: 1.0, reached: None };
        assert_eq!(met.with(open.clone()).reached, None);
        let missed = line().target(Of::Measured, Bound::AtLeast, 3.0).with(open);
        assert_eq!(missed.reached, Some(false));
    }
}
