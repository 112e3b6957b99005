//! Nobody reads Wikimedia's feed without saying who.

use super::wikisentry;

#[test]
fn up_refuses_the_live_feed_without_a_contact_and_starts_nothing() {
    let home = tempfile::tempdir().unwrap();
    for more in [&[][..], &["--foreground"]] {
        let up = [&["up"], more].concat();
        let output = wikisentry(&home).args(&up).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{up:?}: {said}");
        let words = ["Wikimedia asks for a contact", "wikisentry init"];
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    let status = wikisentry(&home).arg("status").output().unwrap();
    assert_eq!(status.status.code(), Some(4), "{status:?}");
}
