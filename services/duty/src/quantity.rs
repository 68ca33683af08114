//! Figures as reports state them: a value, a unit, and how exact it is.
//!
//! 余/多/以上/超/突破 are lower bounds. A quantity is never sharpened, and two quantities are added
//! only where both unit and window allow it; offline and online attendance never are.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// How exact a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qualifier {
    /// The figure itself.
    Exact,
    /// 以上: that or more.
    AtLeast,
    /// 余, 多, 超, 突破: more than that.
    MoreThan,
    /// 约, 近: about that.
    About,
}

impl Qualifier {
    /// Stable text, as in the import format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::AtLeast => "gte",
            Self::MoreThan => "gt",
            Self::About => "approx",
        }
    }

    /// The sign shown before a figure.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::AtLeast => "≥",
            Self::MoreThan => ">",
            Self::About => "≈",
        }
    }
}

/// An answer that may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Answer {
    /// Certainly yes.
    Yes,
    /// Certainly no.
    No,
    /// The record does not say; what a record is until it is told.
    #[default]
    Unknown,
}

/// One figure of an event (数量).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// What is counted; see [`crate::metric`].
    pub metric: Box<str>,
    /// The figure, not negative.
    pub value: Decimal,
    /// The unit as printed: 次, 人, 人次, 份, ratio, …
    pub unit: Box<str>,
    /// How exact the figure is.
    pub qualifier: Qualifier,
    /// The days the figure covers, when they are not those of the event.
    pub window: Option<(Date, Date)>,
}

impl Quantity {
    /// The figure as a ratio where it is stated in per cent, otherwise as it is.
    #[must_use]
    pub fn as_ratio(&self) -> Decimal {
        if &*self.unit == "%" { self.value / Decimal::ONE_HUNDRED } else { self.value }
    }
}

/// Whether a figure so qualified reaches `minimum`: for a lower bound the bound itself suffices.
#[must_use]
pub fn reaches(value: Decimal, qualifier: Qualifier, minimum: Decimal) -> Answer {
    match qualifier {
        Qualifier::Exact if value < minimum => Answer::No,
        Qualifier::Exact | Qualifier::AtLeast | Qualifier::MoreThan if minimum <= value => {
            Answer::Yes
        }
        Qualifier::Exact | Qualifier::AtLeast | Qualifier::MoreThan | Qualifier::About => {
            Answer::Unknown
        }
    }
}

/// Largest figure: a thousand billion, in any unit more than a city counts, and small enough that
/// sums of ten million of them stay exact.
pub const VALUE_MAX: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
/// Most decimal places of a figure.
pub const VALUE_SCALE_MAX: u32 = 6;

/// The units a figure may have (DOMAIN §3.1, with those of the 2022 report).
pub const UNITS: &[&str] = &[
    "次", "场", "人", "人次", "名", "份", "件", "条", "项", "个", "家", "部", "分", "分钟", "小时",
    "学时", "天", "字", "%", "ratio", "元", "万元", "亿元",
];
