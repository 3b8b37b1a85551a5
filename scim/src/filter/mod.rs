//! The filter language (RFC 7644 §3.4.2.2, Figure 1).
//!
//! ```text
//! parse ─▶ Filter ─▶ check(schema) ─▶ canonical Filter ─▶ matches(document), or SQL
//!            ▲ │
//!            └─┴─ Display prints it back: parse(print(f)) == f
//! ```
//!
//! Three rules that the RFC leaves open, and that a store which pushes filters down must share:
//!
//! * `ne` is the opposite of `eq`: it also matches where the attribute is absent or no element equals the value.
//! * `eq null` means absent, `ne null` present.
//! * Without case, text is compared as [`fold`] gives it.

mod absent;
mod check;
mod evaluate;
mod parse;
mod print;

pub(crate) use self::absent::{Rest, without_absent};
pub use self::check::check;
pub(crate) use self::check::{check_element, check_noting, sole_equalities};
pub use self::evaluate::{effort, fold, matches, matches_element, parse_date};
pub(crate) use self::evaluate::{is_present, same_folded};
pub use self::parse::parse;
pub(crate) use self::parse::{read, read_patch_path};

use crate::path::AttrPath;

/// The longest filter or PATCH path, in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;
/// The deepest nesting of `(…)`, `not (…)` and `[…]`.
pub const MAX_DEPTH: usize = 50;
/// The largest number of comparisons.
pub const MAX_TERMS: usize = 200;

/// A filter. What [`parse`] makes has at least two terms in each `And` and `Or`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these.
    And(Vec<Filter>),
    /// Any of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// `userName eq "ana"`.
    Compare {
        /// What is compared.
        path: AttrPath,
        /// How.
        op: CompareOp,
        /// With what.
        value: Literal,
    },
    /// `title pr`.
    Present(AttrPath),
    /// `emails[type eq "work" and value co "@x"]`: one element fulfils the whole inner filter, whose paths are names
    /// of sub-attributes. `emails[type eq "work"].value eq "x"` is read as `emails[type eq "work" and value eq "x"]`.
    ValuePath {
        /// The multi-valued attribute.
        path: AttrPath,
        /// What an element must fulfil.
        filter: Box<Filter>,
    },
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

impl CompareOp {
    /// Every operator.
    pub const ALL: [CompareOp; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The word used on the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Whether it looks for a piece of text.
    pub fn is_substring(&self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }

    /// Whether it needs an order.
    pub fn is_ordering(&self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }
}

/// The value of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text, also dates.
    String(String),
    /// A number.
    Number(serde_json::Number),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`: no value.
    Null,
}

impl Filter {
    /// Whether a checked filter asks about this attribute of the resource itself, or a part of it.
    pub fn mentions(&self, attribute: &str) -> bool {
        match self {
            Self::And(terms) | Self::Or(terms) => terms.iter().any(|term| term.mentions(attribute)),
            Self::Not(inner) => inner.mentions(attribute),
            Self::Compare { path, .. } | Self::Present(path) | Self::ValuePath { path, .. } => {
                path.schema.is_none() && path.attribute == attribute
            }
        }
    }

    /// How many comparisons it has.
    pub fn terms(&self) -> usize {
        match self {
            Self::And(terms) | Self::Or(terms) => terms.iter().map(Self::terms).sum(),
            Self::Not(inner) | Self::ValuePath { filter: inner, .. } => inner.terms(),
            Self::Compare { .. } | Self::Present(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests;
