//! Encrypted bodies of MinIO's administration: what carries a secret is encrypted with the
//! sender's own secret key. Form: `EncryptData` of madmin-go, streams of sio-go.

use ring::rand::{SecureRandom, SystemRandom};
use ring::{aead, pbkdf2};
use std::num::NonZeroU32;

/// AES-256-GCM under a key from PBKDF2. MinIO also knows Argon2id, which would be one more
/// dependency for a key that is random already.
const PBKDF2_AES_GCM: u8 = 2;
const PBKDF2_ROUNDS: NonZeroU32 = NonZeroU32::new(8192).expect("it is not zero");
const SALT: usize = 32;
/// Of the 12 bytes of a nonce the stream's; the other 4 count fragments.
const NONCE: usize = 8;
const FRAGMENT: usize = 16 * 1024;
const LAST: u8 = 0x80;

/// Encrypts `plain`: salt, algorithm, nonce, fragments each with its tag.
pub(super) fn encrypt(secret: &str, plain: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
    let mut random = [0; SALT + NONCE];
    SystemRandom::new().fill(&mut random)?;
    let (salt, nonce) = random.split_at(SALT);
    let key = key(secret, salt)?;
    let mut associated = vec![0];
    associated.extend_from_slice(
        key.seal_in_place_separate_tag(fragment_nonce(nonce, 0), aead::Aad::empty(), &mut [])?
            .as_ref(),
    );
    let mut out = [salt, &[PBKDF2_AES_GCM], nonce].concat();
    let fragments = plain.len().div_ceil(FRAGMENT).max(1);
    for at in 0..fragments {
        if at + 1 == fragments {
            associated[0] = LAST;
        }
        let end = plain.len().min((at + 1) * FRAGMENT);
        let mut fragment = plain[at * FRAGMENT..end].to_vec();
        let number = u32::try_from(at + 1).map_err(|_| ring::error::Unspecified)?;
        let associated = aead::Aad::from(&associated);
        key.seal_in_place_append_tag(fragment_nonce(nonce, number), associated, &mut fragment)?;
        out.extend_from_slice(&fragment);
    }
    Ok(out)
}

fn key(secret: &str, salt: &[u8]) -> Result<aead::LessSafeKey, ring::error::Unspecified> {
    let mut key = [0; 32];
    let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
    pbkdf2::derive(algorithm, PBKDF2_ROUNDS, salt, secret.as_bytes(), &mut key);
    aead::UnboundKey::new(&aead::AES_256_GCM, &key).map(aead::LessSafeKey::new)
}

fn fragment_nonce(nonce: &[u8], number: u32) -> aead::Nonce {
    let mut whole = [0; aead::NONCE_LEN];
    whole[..NONCE].copy_from_slice(nonce);
    whole[NONCE..].copy_from_slice(&number.to_le_bytes());
    aead::Nonce::assume_unique_for_key(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opens fragment by fragment, as the server does.
    fn decrypt(secret: &str, body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(SALT);
        assert_eq!(rest[0], PBKDF2_AES_GCM);
        let (nonce, rest) = rest[1..].split_at(NONCE);
        let key = key(secret, salt).unwrap();
        let first = fragment_nonce(nonce, 0);
        let tag = key.seal_in_place_separate_tag(first, aead::Aad::empty(), &mut []);
        let mut associated = vec![0];
        associated.extend_from_slice(tag.unwrap().as_ref());
        let mut plain = Vec::new();
        let fragments: Vec<_> = rest.chunks(FRAGMENT + 16).collect();
        for (at, fragment) in fragments.iter().enumerate() {
            if at + 1 == fragments.len() {
                associated[0] = LAST;
            }
            let mut sealed = fragment.to_vec();
            let nonce = fragment_nonce(nonce, u32::try_from(at + 1).unwrap());
            let opened = key.open_in_place(nonce, aead::Aad::from(&associated), &mut sealed);
            plain.extend_from_slice(opened.unwrap());
        }
        plain
    }

    #[test]
    fn a_body_of_any_length_is_opened_again() {
        for length in [0, 1, FRAGMENT - 1, FRAGMENT, FRAGMENT + 1, 3 * FRAGMENT] {
            let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let body = encrypt("secret", &plain).unwrap();
            assert_eq!(decrypt("secret", &body), plain, "{length}");
        }
    }

    #[test]
    fn the_same_body_is_never_sent_twice() {
        let twice = [(); 2].map(|()| encrypt("secret", b"body").unwrap());
        assert_ne!(twice[0], twice[1]);
    }
}
