//! A compiled glob: a position automaton (Glushkov), matched in one pass without allocation.

/// The most positions that an automaton may have; this bounds what one byte of input can cost.
pub const MAX_POSITIONS: usize = 256;

const WORD: usize = u64::BITS as usize;
const WORDS: usize = MAX_POSITIONS / WORD;

/// A glob over a host or a path, compiled.
#[derive(Debug, Clone)]
pub struct Glob {
    /// What each position reads.
    pub positions: Vec<Item>,
    /// For each position the set of those that may come next.
    pub follow: Vec<Positions>,
    /// Where a match begins.
    pub first: Positions,
    /// Where a match may end.
    pub last: Positions,
    /// Whether the glob covers nothing at all.
    pub matches_empty: bool,
}

impl Glob {
    /// Whether the glob covers the whole of `text`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        if text.is_empty() {
            return self.matches_empty;
        }
        let mut candidates = &self.first;
        let mut next;
        let mut ends_here = false;
        for byte in text {
            let mut reached = Positions::default();
            ends_here = false;
            for position in candidates.iter() {
                if self.positions.get(position).is_some_and(|item| item.accepts(*byte)) {
                    ends_here |= self.last.contains(position);
                    if let Some(follow) = self.follow.get(position) {
                        reached.add_all(follow);
                    }
                }
            }
            if reached.is_empty() && !ends_here {
                return false;
            }
            next = reached;
            candidates = &next;
        }
        ends_here
    }
}

/// What one position of the automaton reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// This byte.
    Byte(u8),
    /// Any byte.
    Any,
    /// One of the bytes in these ranges, or where negated one of all others.
    Class {
        /// Whether it reads the bytes out of the ranges.
        negated: bool,
        /// The ranges, both ends included.
        ranges: Box<[(u8, u8)]>,
    },
}

impl Item {
    #[inline]
    fn accepts(&self, byte: u8) -> bool {
        match self {
            Item::Byte(own) => *own == byte,
            Item::Any => true,
            Item::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte)) != *negated
            }
        }
    }
}

/// A set of positions, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Positions([u64; WORDS]);

impl Positions {
    /// The set of one position.
    pub fn single(position: usize) -> Self {
        let mut set = Positions::default();
        if let Some(word) = set.0.get_mut(position / WORD) {
            *word |= 1 << (position % WORD);
        }
        set
    }

    fn contains(&self, position: usize) -> bool {
        self.0.get(position / WORD).is_some_and(|word| word >> (position % WORD) & 1 == 1)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Adds all positions of another set.
    pub fn add_all(&mut self, other: &Positions) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own |= other;
        }
    }

    /// The positions, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(at * WORD + bit)
            })
        })
    }
}
