//! The measurements and fields of a batch, with the type each field was first given.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use super::error::{Name, PointErrorKind};
use super::field_type::FieldType;
use super::text::{self, WORD};

/// No entry.
const NONE: u32 = u32::MAX;

/// One measurement, or one field of one measurement.
#[derive(Debug)]
struct Entry {
    /// The first 16 bytes of the name.
    word: u128,
    /// What else the fast path compares.
    shape: Shape,
    /// The row that last gave this field, to tell a field given twice.
    row: u64,
    /// What came after this entry last time: the best guess for what comes next.
    next: u32,
    /// For a measurement, its first field last time.
    child: u32,
    /// Where the name starts in the arena, and its length.
    start: usize,
    len: u32,
    /// The measurement of a field, [`NONE`] for a measurement.
    parent: u32,
    /// The hash of parent and name, and another entry that has the same.
    hash: u64,
    collision: u32,
    /// Whether the name is short and written as it reads.
    plain: bool,
    /// The address of the name's key, if one that is known at compile time gave it: 0 otherwise.
    ready: usize,
    /// The type first given; none where no finished row has given one.
    field_type: Option<FieldType>,
}

impl Entry {
    fn set_type(&mut self, field_type: Option<FieldType>) {
        self.field_type = field_type;
        self.shape = match field_type {
            Some(field_type) if self.plain => Shape::of_field(self.parent, self.len as usize, field_type),
            Some(_) | None => Shape::NONE,
        };
    }
}

/// Parent, length and type of a short plain name in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape(u64);

impl Shape {
    /// Of a name that has to be looked at.
    const NONE: Self = Self(u64::MAX);

    /// Of a measurement.
    #[inline(always)]
    fn of_measurement(len: usize) -> Self {
        Self(len as u64)
    }

    /// Of a field. The length of a name that is not short may spill into the rest: no entry has
    /// the word of such a name.
    #[inline(always)]
    fn of_field(measurement: u32, len: usize, field_type: FieldType) -> Self {
        let field_type = 1 + field_type as u64;
        Self(len as u64 | u64::from(measurement) << 8 | field_type << 40)
    }
}

/// Where a row stands among the names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    measurement: u32,
    /// The entry before, whose guess is to be mended when it fails.
    previous: u32,
    guess: u32,
}

impl Cursor {
    /// A row whose field types are not looked at.
    pub(crate) const UNCHECKED: Self = Self { measurement: NONE, previous: NONE, guess: NONE };

    #[inline]
    pub(crate) fn is_checked(self) -> bool {
        self.measurement != NONE
    }
}

impl Default for Cursor {
    fn default() -> Self {
        Self::UNCHECKED
    }
}

/// What is wrong with a field, as far as the batch's earlier fields tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clash {
    /// The row has given the field already.
    Twice,
    /// An earlier row gave it this type.
    Type(FieldType),
}

/// Every measurement and field of a batch.
///
/// Rows of one shape follow each other, so each entry remembers what came next last time; a row
/// like the one before costs one comparison for each name and no hashing.
#[derive(Debug)]
pub(crate) struct Names {
    entries: Vec<Entry>,
    arena: Vec<u8>,
    by_hash: HashMap<u64, u32, BuildHasherDefault<Ready>>,
    /// Keyed: names may come from outside, so that equal hashes must not be for the choosing.
    hasher: RandomState,
    row: u64,
    last_measurement: u32,
    /// The measurement that came after the last one last time.
    measurement_guess: u32,
    /// Whether the open row has left something that must go if it is not finished.
    changed: bool,
    /// How many entries the finished rows made.
    finished: usize,
    /// Entries of finished rows to which the open row gave a type.
    typed: Vec<u32>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            arena: Vec::new(),
            by_hash: HashMap::default(),
            hasher: RandomState::new(),
            row: 0,
            last_measurement: NONE,
            measurement_guess: NONE,
            changed: false,
            finished: 0,
            typed: Vec::new(),
        }
    }
}

impl Names {
    /// Forgets every name and type; the memory is kept for the next batch.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.arena.clear();
        self.by_hash.clear();
        self.last_measurement = NONE;
        self.measurement_guess = NONE;
        self.changed = false;
        self.finished = 0;
        self.typed.clear();
    }

    /// Begins a row, forgetting what an unfinished one left behind.
    ///
    /// Tells whether the measurement is known to be short and plain.
    #[inline(always)]
    pub(crate) fn open_row(&mut self, cursor: &mut Cursor, word: u128, measurement: &[u8]) -> bool {
        self.is_guessed_row(cursor, word, measurement.len()) || self.open_other_row(cursor, measurement)
    }

    /// Begins a row, forgetting what an unfinished one left behind, and tells whether its measurement is the guessed
    /// one, which is short and plain; if not, [`Names::open_other_row`] has to follow.
    #[inline(always)]
    pub(crate) fn is_guessed_row(&mut self, cursor: &mut Cursor, word: u128, len: usize) -> bool {
        if self.changed {
            self.roll_back();
        }
        self.row += 1;
        cursor.previous = NONE;
        // A longer name has no word, and no entry has its shape.
        let shape = Shape::of_measurement(len);
        if let Some(entry) = self.entries.get(self.measurement_guess as usize)
            && entry.word == word
            && entry.shape == shape
        {
            cursor.measurement = self.measurement_guess;
            cursor.guess = entry.child;
            self.last_measurement = self.measurement_guess;
            self.measurement_guess = entry.next;
            return true;
        }
        false
    }

    /// Begins a row whose measurement is that of the key at `address`, as [`Names::open_row`] does.
    ///
    /// Keys live as long as the program, so that their address stands for the name, however long that is.
    #[inline(always)]
    pub(crate) fn open_ready_row(&mut self, cursor: &mut Cursor, address: usize, measurement: &[u8]) {
        if self.changed {
            self.roll_back();
        }
        self.row += 1;
        cursor.previous = NONE;
        if let Some(entry) = self.entries.get(self.measurement_guess as usize)
            && entry.ready == address
            && entry.parent == NONE
        {
            cursor.measurement = self.measurement_guess;
            cursor.guess = entry.child;
            self.last_measurement = self.measurement_guess;
            self.measurement_guess = entry.next;
        } else {
            self.open_other_row(cursor, measurement);
            self.entries[cursor.measurement as usize].ready = address;
        }
    }

    /// Looks the measurement of a row up that has just begun, and tells whether it is short and plain.
    #[inline(never)]
    pub(crate) fn open_other_row(&mut self, cursor: &mut Cursor, measurement: &[u8]) -> bool {
        let found = self.find_or_add(NONE, measurement);
        match self.entries.get_mut(self.last_measurement as usize) {
            Some(last) => last.next = found,
            // The first of all: until told otherwise, it comes again.
            None => self.entries[found as usize].next = found,
        }
        let entry = &self.entries[found as usize];
        cursor.measurement = found;
        cursor.guess = entry.child;
        self.last_measurement = found;
        self.measurement_guess = entry.next;
        entry.plain
    }

    /// Makes the names and types of the open row count.
    #[inline]
    pub(crate) fn close_row(&mut self) {
        if self.changed {
            self.changed = false;
            self.finished = self.entries.len();
            self.typed.clear();
        }
    }

    /// Takes back what the open row has left.
    ///
    /// A guess may then point to nothing, or one day to another name; guesses are always compared.
    #[cold]
    fn roll_back(&mut self) {
        while self.entries.len() > self.finished
            && let Some(entry) = self.entries.pop()
        {
            self.arena.truncate(entry.start);
            // The newest entry of a hash is the first of its chain.
            if entry.collision == NONE {
                self.by_hash.remove(&entry.hash);
            } else {
                self.by_hash.insert(entry.hash, entry.collision);
            }
        }
        for typed in self.typed.drain(..) {
            if let Some(entry) = self.entries.get_mut(typed as usize) {
                entry.set_type(None);
            }
        }
        self.changed = false;
    }

    /// Whether the guessed entry is a short plain field of this name and type, new to the row; if
    /// so the cursor moves on.
    #[inline(always)]
    pub(crate) fn is_guessed(&mut self, cursor: &mut Cursor, word: u128, len: usize, field_type: FieldType) -> bool {
        let row = self.row;
        let shape = Shape::of_field(cursor.measurement, len, field_type);
        let Some(entry) = self.entries.get_mut(cursor.guess as usize) else {
            return false;
        };
        if entry.word != word || entry.shape != shape || entry.row == row {
            return false;
        }
        entry.row = row;
        cursor.previous = cursor.guess;
        cursor.guess = entry.next;
        true
    }

    /// Whether the guessed entry is the field that the key at `address` gave before, with this type; if so the cursor
    /// moves on. The keys of a row are known to differ.
    #[inline(always)]
    pub(crate) fn is_ready(&self, cursor: &mut Cursor, address: usize, field_type: FieldType) -> bool {
        let Some(entry) = self.entries.get(cursor.guess as usize) else {
            return false;
        };
        // Two measurements may share a key, if the compiler made one of two that are alike.
        if entry.ready != address || entry.parent != cursor.measurement || entry.field_type != Some(field_type) {
            return false;
        }
        cursor.previous = cursor.guess;
        cursor.guess = entry.next;
        true
    }

    /// Like [`Names::field`], for the key at `address`, which is known the next time.
    pub(crate) fn ready_field(
        &mut self,
        cursor: &mut Cursor,
        address: usize,
        name: &[u8],
        field_type: FieldType,
    ) -> Result<(), Clash> {
        self.field(cursor, name, field_type)?;
        self.entries[cursor.previous as usize].ready = address;
        Ok(())
    }

    /// Finds or adds a field and checks it against what the batch has.
    pub(crate) fn field(&mut self, cursor: &mut Cursor, name: &[u8], field_type: FieldType) -> Result<(), Clash> {
        let found = self.find_or_add(cursor.measurement, name);
        match self.entries.get_mut(cursor.previous as usize) {
            Some(previous) => previous.next = found,
            None => self.entries[cursor.measurement as usize].child = found,
        }
        let row = self.row;
        let entry = &mut self.entries[found as usize];
        cursor.previous = found;
        cursor.guess = entry.next;
        if entry.row == row {
            return Err(Clash::Twice);
        }
        entry.row = row;
        match entry.field_type {
            Some(first) if first != field_type => Err(Clash::Type(first)),
            Some(_) => Ok(()),
            None => {
                entry.set_type(Some(field_type));
                self.changed = true;
                self.typed.push(found);
                Ok(())
            }
        }
    }

    /// The error for a clash in the row at `cursor`.
    #[cold]
    pub(crate) fn clash(&self, cursor: Cursor, clash: Clash, field: Name, got: FieldType) -> PointErrorKind {
        match clash {
            Clash::Twice => PointErrorKind::DuplicateField { key: field },
            Clash::Type(have) => {
                let measurement = match self.entries.get(cursor.measurement as usize) {
                    Some(entry) => self.name(entry),
                    None => b"",
                };
                PointErrorKind::TypeFlip {
                    measurement: Name::new(&String::from_utf8_lossy(measurement)),
                    field,
                    have,
                    got,
                }
            }
        }
    }

    fn name(&self, entry: &Entry) -> &[u8] {
        &self.arena[entry.start..entry.start + entry.len as usize]
    }

    fn find_or_add(&mut self, parent: u32, name: &[u8]) -> u32 {
        let hash = self.hasher.hash_one((parent, name));
        let head = self.by_hash.get(&hash).copied().unwrap_or(NONE);
        let mut at = head;
        while let Some(entry) = self.entries.get(at as usize) {
            if entry.parent == parent && self.name(entry) == name {
                return at;
            }
            at = entry.collision;
        }
        let added = u32::try_from(self.entries.len()).expect("a batch has under 2^32 names");
        let start = self.arena.len();
        self.arena.extend_from_slice(name);
        let word = text::word(&name[..name.len().min(WORD)]);
        // Some names that are written as they read are taken for odd ones, which is only slower.
        let plain = name.len() <= WORD && text::is_plain(word, name.len()) && name != text::TIME.as_bytes();
        self.entries.push(Entry {
            word,
            shape: if plain && parent == NONE { Shape::of_measurement(name.len()) } else { Shape::NONE },
            row: 0,
            next: NONE,
            child: NONE,
            start,
            len: u32::try_from(name.len()).expect("a name is bounded by the key length"),
            parent,
            hash,
            collision: head,
            plain,
            ready: 0,
            field_type: None,
        });
        self.by_hash.insert(hash, added);
        self.changed = true;
        added
    }
}

/// Passes a ready hash through.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only `u64` keys are used; anything else would still be right, if slow.
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(names: &mut Names, measurement: &str) -> Cursor {
        let mut cursor = Cursor::UNCHECKED;
        names.open_row(&mut cursor, text::short_word(measurement), measurement.as_bytes());
        cursor
    }

    /// Gives a field as the writer does: by the guess, else by looking it up.
    fn give(names: &mut Names, cursor: &mut Cursor, key: &str, t: FieldType) -> Result<bool, Clash> {
        if names.is_guessed(cursor, text::short_word(key), key.len(), t) {
            return Ok(true);
        }
        names.field(cursor, key.as_bytes(), t).map(|()| false)
    }

    #[test]
    fn a_row_like_the_one_before_is_guessed() {
        let mut names = Names::default();
        for row in 0..3 {
            let mut cursor = open(&mut names, "m");
            for key in ["a", "b", "c"] {
                let guessed = give(&mut names, &mut cursor, key, FieldType::Float);
                assert_eq!(guessed, Ok(row > 0), "row {row}, field {key}");
            }
            names.close_row();
        }
    }

    /// However long the names, and whatever other measurement has fields under the same keys.
    #[test]
    fn a_row_of_ready_keys_like_the_one_before_is_known() {
        let mut names = Names::default();
        let fields = [(7, "a field of more than a word"), (8, "b"), (9, "another field of more than a word")];
        for round in 0..3 {
            for (address, measurement) in [(1, "a measurement of more than a word"), (2, "n")] {
                let mut cursor = Cursor::UNCHECKED;
                names.open_ready_row(&mut cursor, address, measurement.as_bytes());
                for (address, key) in fields {
                    let known = names.is_ready(&mut cursor, address, FieldType::Float);
                    assert_eq!(known, round > 0, "round {round}, {measurement}, {key}");
                    let other = names.is_ready(&mut { cursor }, address, FieldType::Integer);
                    assert!(!other, "of another type");
                    if !known {
                        let given = names.ready_field(&mut cursor, address, key.as_bytes(), FieldType::Float);
                        assert_eq!(given, Ok(()));
                    }
                }
                names.close_row();
            }
        }
        // Rows given by name meet the same types.
        let mut cursor = open(&mut names, "a measurement of more than a word");
        assert_eq!(give(&mut names, &mut cursor, fields[0].1, FieldType::Integer), Err(Clash::Type(FieldType::Float)));
        // What an unfinished row gave is not known.
        let mut cursor = Cursor::UNCHECKED;
        names.open_ready_row(&mut cursor, 2, b"n");
        assert_eq!(names.ready_field(&mut cursor, 10, b"c", FieldType::Float), Ok(()));
        names.open_ready_row(&mut cursor, 2, b"n");
        assert!(!names.is_ready(&mut cursor, 10, FieldType::Float));
        assert_eq!(names.ready_field(&mut cursor, 10, b"c", FieldType::String), Ok(()));
    }

    #[test]
    fn an_unfinished_row_leaves_nothing_behind() {
        let mut names = Names::default();
        let mut cursor = open(&mut names, "m");
        assert!(give(&mut names, &mut cursor, "a", FieldType::Float).is_ok());
        names.close_row();
        let (entries, arena) = (names.entries.len(), names.arena.len());

        for i in 0..100 {
            let mut cursor = open(&mut names, &format!("other{i}"));
            let key = format!("field{i}");
            assert!(give(&mut names, &mut cursor, &key, FieldType::Float).is_ok());
        }
        let mut cursor = open(&mut names, "m");
        assert_eq!((names.entries.len(), names.arena.len()), (entries, arena));
        assert_eq!(names.by_hash.len(), entries);
        let flip = give(&mut names, &mut cursor, "a", FieldType::String);
        assert_eq!(flip, Err(Clash::Type(FieldType::Float)));
    }

    #[test]
    fn a_stale_guess_does_not_lend_a_field_to_another_measurement() {
        let mut names = Names::default();
        let mut cursor = open(&mut names, "m");
        assert!(give(&mut names, &mut cursor, "a", FieldType::Float).is_ok());
        names.close_row();
        // "b" of "m" is taken back, and its place goes to "n" and its fields.
        let mut cursor = open(&mut names, "m");
        assert!(give(&mut names, &mut cursor, "a", FieldType::Float).is_ok());
        assert!(give(&mut names, &mut cursor, "b", FieldType::Float).is_ok());
        for measurement in ["n", "m", "n"] {
            let mut cursor = open(&mut names, measurement);
            for key in ["a", "b", "c"] {
                let given = give(&mut names, &mut cursor, key, FieldType::Float);
                assert!(given.is_ok(), "{measurement} {key}");
            }
            names.close_row();
        }
        for measurement in ["n", "m"] {
            let mut cursor = open(&mut names, measurement);
            for key in ["b", "c", "a"] {
                let flip = give(&mut names, &mut cursor, key, FieldType::Integer);
                assert_eq!(flip, Err(Clash::Type(FieldType::Float)));
            }
        }
    }
}
