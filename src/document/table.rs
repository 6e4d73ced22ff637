//! Reasons as tables: each variant of an enum with its code, its text and what to do about it.

use crate::cut::cut;
use std::fmt::{self, Display, Write};

/// Declares an enum of reasons. A row gives a variant its stable code, its text and its advice: what to write instead,
/// where that does not follow from the value. A `{}` in a text stands for a detail of the reason.
///
/// Codes are for programs; the module never calls for them, so they are not in it.
macro_rules! reasons {
    ($(#[$about:meta])* pub enum $name:ident {
        $($variant:ident $(($($detail:ty),+))? => $code:literal, $text:literal, $advice:literal;)*
    }) => {
        $(#[$about])*
        #[derive(Debug, PartialEq)]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`: ", $text)] $variant $(($($detail),+))?,)*
        }

        impl $name {
            /// The codes of the rows.
            pub const CODES: &[&str] = &[$($code),*];

            fn own_code(&self) -> &'static str {
                match self {
                    $($name::$variant { .. } => $code,)*
                }
            }

            fn template(&self) -> &'static str {
                match self {
                    $($name::$variant { .. } => $text,)*
                }
            }

            fn own_advice(&self) -> &'static str {
                match self {
                    $($name::$variant { .. } => $advice,)*
                }
            }
        }
    };
}
pub(crate) use reasons;

/// Writes a text with its details in the place of each `{}`.
pub(crate) fn fill(out: &mut dyn Write, template: &str, details: &[&dyn Display]) -> fmt::Result {
    let mut rest = template;
    for detail in details {
        let Some((before, after)) = cut(rest, "{}") else { break };
        write!(out, "{before}{detail}")?;
        rest = after;
    }
    out.write_str(rest)
}
