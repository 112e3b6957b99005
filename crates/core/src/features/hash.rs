//! FNV-1a, 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), over the UTF-8 of lower-case
//! text: the fixed hash behind word lists and hashed features.

/// The state of a hash, which is also its value so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fnv(u32);

impl Fnv {
    pub const fn new() -> Self {
        Fnv(0x811c_9dc5)
    }

    pub const fn byte(self, byte: u8) -> Self {
        Fnv((self.0 ^ byte as u32).wrapping_mul(0x0100_0193))
    }

    /// Adds the UTF-8 bytes of the lower-case form of a character.
    pub fn char(mut self, c: char) -> Self {
        if c.is_ascii() {
            return self.byte(c.to_ascii_lowercase() as u8);
        }
        for lower in c.to_lowercase() {
            let mut utf8 = [0; 4];
            for byte in lower.encode_utf8(&mut utf8).bytes() {
                self = self.byte(byte);
            }
        }
        self
    }

    pub const fn value(self) -> u32 {
        self.0
    }
}

/// The bucket of a hash among `buckets`, from its high bits, which FNV mixes best.
pub(super) fn bucket(hash: u32, buckets: u32) -> usize {
    ((u64::from(hash) * u64::from(buckets)) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> u32 {
        text.chars().fold(Fnv::new(), Fnv::char).value()
    }

    #[test]
    fn is_fnv_1a_of_the_lower_case_text() {
        // Published test vectors of FNV-1a 32.
        assert_eq!(of(""), 0x811c_9dc5);
        assert_eq!(of("a"), 0xe40c_292c);
        assert_eq!(of("foobar"), 0xbf9c_f968);
        assert_eq!(of("FooBar"), of("foobar"));
        assert_eq!(of("Ärger"), of("ärger"));
    }

    #[test]
    fn buckets_stay_in_range() {
        assert_eq!(bucket(0, 16), 0);
        assert_eq!(bucket(u32::MAX, 16), 15);
    }
}
