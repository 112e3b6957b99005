//! How simulated events are distinguished from real ones: by their `meta.id`, which goes with an edit into
//! every topic and into the lake. It is a UUID of version 8 (RFC 9562, left to its makers) with fixed
//! first digits; Wikimedia's ids are random, of versions 1 and 4.

/// The bits that every simulated id has in common: the first eight digits and the version.
const BITS: u128 = 0xffff_ffff_0000_f000_0000_0000_0000_0000;
const MARK: u128 = 0x51ba_7ed0_0000_8000_0000_0000_0000_0000;

/// The id of a simulated event, made of a random one.
pub const fn marked(uuid: u128) -> u128 {
    (uuid & !BITS) | MARK
}

/// Another id for the same event, by exclusive-or with `mask`; a simulated one stays simulated.
pub const fn masked(uuid: u128, mask: u128) -> u128 {
    match uuid & BITS == MARK {
        true => uuid ^ (mask & !BITS),
        false => uuid ^ mask,
    }
}

/// Whether an event with this `meta.id` was simulated.
pub fn is_simulated(meta_id: &str) -> bool {
    let prefix = |from: usize, text: &str| {
        let part = meta_id.get(from..from + text.len());
        part.is_some_and(|part| part.eq_ignore_ascii_case(text))
    };
    meta_id.len() == 36 && prefix(0, "51ba7ed0-") && prefix(14, "8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(uuid: u128) -> String {
        let hex = format!("{uuid:032x}");
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &hex[part]);
        parts.join("-")
    }

    #[test]
    fn a_marked_id_is_known_also_in_later_rounds_and_random_ones_are_not() {
        for random in [0, 1, u128::MAX, 0x1234_5678_9abc_4def_8123_4567_89ab_cdef] {
            assert!(!is_simulated(&text(random)), "{}", text(random));
            assert!(is_simulated(&text(marked(random))));
            for mask in [0, u128::MAX, 0xffee_ddcc_bbaa_9988_7766_5544_3322_1100] {
                assert!(is_simulated(&text(masked(marked(random), mask))));
                assert_eq!(masked(random, mask), random ^ mask);
            }
        }
        for other in [
            "",
            "51ba7ed0-",
            "51ba7ed0-0000-4000-8000-000000000000",
            "日本語日本語日本語日本語",
        ] {
            assert!(!is_simulated(other), "{other}");
        }
        assert!(is_simulated("51BA7ED0-0000-8000-8000-000000000000"));
    }
}
