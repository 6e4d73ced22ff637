//! The switches of `dangerously_allow`, and what is refused without them: known once, here.

/// Declares the switches. A row gives each its name, its code as a reason, what it is about, why that is refused, and
/// what to write instead; the README's table says the same.
macro_rules! switches {
    ($($variant:ident $name:literal $code:literal { allows: $allows:literal, reason: $reason:literal, advice: $advice:literal })*) => {
        /// A switch of `dangerously_allow`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Switch {
            $(#[doc = $allows] $variant,)*
        }

        impl Switch {
            /// All switches.
            pub const ALL: &[Switch] = &[$(Switch::$variant),*];

            /// Their names.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The name in a document.
            pub fn name(self) -> &'static str {
                match self { $(Switch::$variant => $name),* }
            }

            /// The code of the problem that the switch allows.
            pub fn code(self) -> &'static str {
                match self { $(Switch::$variant => $code),* }
            }

            /// What the switch allows.
            pub fn allows(self) -> &'static str {
                match self { $(Switch::$variant => $allows),* }
            }

            /// Why that is refused without it.
            pub fn reason(self) -> &'static str {
                match self { $(Switch::$variant => $reason),* }
            }

            pub(crate) fn advice(self) -> &'static str {
                match self { $(Switch::$variant => $advice),* }
            }
        }
    };
}

switches! {
    AnyOriginWithCredentials "any_origin_with_credentials" "any-origin-with-credentials" {
        allows: "`*` with credentials",
        reason: "any site could make requests as its visitors and read the responses",
        advice: "list the origins, remove allow_credentials"
    }
    InsecureOriginsWithCredentials "insecure_origins_with_credentials" "insecure-origin-with-credentials" {
        allows: "plain-http origins with credentials, except localhost",
        reason: "an attacker on the network can inject scripts into a page that is loaded over plain http",
        advice: "use https, remove allow_credentials"
    }
    NullOrigin "null_origin" "null-origin" {
        allows: "`null`",
        reason: "any site can send the origin null, from a sandboxed frame",
        advice: "remove it"
    }
    BroadPatterns "broad_patterns" "broad-pattern" {
        allows: "a wildcard with fewer than two literal labels after it (`https://*.com`)",
        reason: "the wildcard covers hosts of other owners: two literal labels must follow the label that contains it",
        advice: "write a rule such as \"https://*.example.com\""
    }
}

/// The switches that a policy lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Switches(u8);

impl Switches {
    /// Whether `switch` is listed.
    pub fn contains(self, switch: Switch) -> bool {
        self.0 & bit(switch) != 0
    }

    /// The switches of both.
    pub fn or(self, other: Self) -> Self {
        Switches(self.0 | other.0)
    }

    /// The names of those that are listed.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Switch::ALL.iter().filter(move |switch| self.contains(**switch)).map(|switch| switch.name())
    }

    pub(crate) fn insert(&mut self, switch: Switch) {
        self.0 |= bit(switch);
    }
}

fn bit(switch: Switch) -> u8 {
    1 << switch as u8
}
