//! Passwords: hashed slowly, and remembered once they were proven.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Profile;
use crate::core::meta::User;

/// Two to the power of this many rounds: what the real servers take, at 50 to 200 ms a password. An unoptimised build
/// would take seconds, and is for tests. A hash says by what cost it was made, so either verifies the other's.
const COST: u32 = if cfg!(debug_assertions) { 4 } else { 10 };

/// Hashes passwords and verifies them, never on the threads that answer requests.
#[derive(Debug)]
pub(crate) struct Passwords {
    profile: Profile,
    proven: Mutex<HashMap<String, Proof>>,
    /// As many hashes at once as there are cores: a flood of wrong passwords does not take all blocking threads.
    places: Semaphore,
}

/// A password that was right: all that is kept of it is a code with the hash as its key, whose salt is random.
struct Proof {
    hash: String,
    code: Hmac<Sha256>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof")
    }
}

impl Proof {
    fn new(hash: &str, password: &[u8]) -> Self {
        Self { hash: hash.to_owned(), code: code(hash, password) }
    }

    /// In constant time.
    fn is_of(&self, password: &[u8]) -> bool {
        let kept = self.code.clone().finalize().into_bytes();
        code(&self.hash, password).verify_slice(&kept).is_ok()
    }
}

fn code(hash: &str, password: &[u8]) -> Hmac<Sha256> {
    let mut code = Hmac::new_from_slice(hash.as_bytes()).expect("a key for HMAC may have any length");
    code.update(password);
    code
}

/// The system gave no random numbers for a salt.
#[derive(Debug, thiserror::Error)]
#[error("cannot hash the password: {0}")]
pub(crate) struct HashError(String);

impl Passwords {
    pub(crate) fn new(profile: Profile) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { profile, proven: Mutex::default(), places: Semaphore::new(cores) }
    }

    /// A salted slow hash. Only the first 72 bytes count, as in the real servers.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, HashError> {
        let password = password.to_owned();
        let hashed = self.slowly(move || bcrypt::hash(password, COST)).await;
        hashed.map_err(|error| HashError(error.to_string()))
    }

    /// Whether a hash is that of a password.
    pub(crate) async fn is_hash_of(&self, hash: &str, password: &[u8]) -> bool {
        let (hash, password) = (hash.to_owned(), password.to_vec());
        self.slowly(move || bcrypt::verify(password, &hash)).await.unwrap_or(false)
    }

    /// Whether a password is the user's, quickly if it was found right before.
    ///
    /// In profile 1.8 a changed password counts on every node as soon as its metadata are there. In 0.10 a node goes by
    /// the password that it proved first until it is restarted or changes the password itself.
    pub(crate) async fn verify(&self, user: &User, password: &[u8]) -> bool {
        if let Some(known) = self.recall(user, password) {
            return known;
        }
        let _place = self.place().await;
        // Others may have waited for the same answer.
        if let Some(known) = self.recall(user, password) {
            return known;
        }
        let (hash, given) = (user.hash.clone(), password.to_vec());
        let right = blocking(move || bcrypt::verify(given, &hash)).await.unwrap_or(false);
        if right {
            self.proven().insert(user.name.clone(), Proof::new(&user.hash, password));
        }
        right
    }

    /// Forgets what was proven for a user.
    pub(crate) fn forget(&self, name: &str) {
        self.proven().remove(name);
    }

    fn recall(&self, user: &User, password: &[u8]) -> Option<bool> {
        let proven = self.proven();
        let proof = proven.get(&user.name)?;
        match self.profile {
            Profile::V1_8 => (proof.hash == user.hash && proof.is_of(password)).then_some(true),
            Profile::V0_10 => Some(proof.is_of(password)),
        }
    }

    fn proven(&self) -> MutexGuard<'_, HashMap<String, Proof>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn slowly<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _place = self.place().await;
        blocking(work).await
    }

    async fn place(&self) -> SemaphorePermit<'_> {
        self.places.acquire().await.expect("nobody closes this semaphore")
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn user(hash: &str) -> User {
        User { name: "u".to_owned(), hash: hash.to_owned(), admin: false, privileges: Vec::new() }
    }

    #[tokio::test]
    async fn a_password_is_salted_and_verified() {
        let passwords = Passwords::new(Profile::V1_8);
        let hash = passwords.hash("secret").await.unwrap();
        assert!(hash.starts_with("$2") && !hash.contains("secret"));
        assert_ne!(hash, passwords.hash("secret").await.unwrap());
        for (given, right) in [("secret", true), ("Secret", false), ("", false), ("secret\0", false)] {
            assert_eq!(passwords.is_hash_of(&hash, given.as_bytes()).await, right, "{given:?}");
            assert_eq!(passwords.verify(&user(&hash), given.as_bytes()).await, right, "{given:?}");
        }
        assert!(!passwords.verify(&user("no hash"), b"x").await);
    }

    #[tokio::test]
    async fn a_proven_password_needs_no_slow_hash() {
        let passwords = Passwords::new(Profile::V1_8);
        let user = user(&passwords.hash("right").await.unwrap());
        assert_eq!(passwords.recall(&user, b"right"), None);
        assert!(!passwords.verify(&user, b"wrong").await);
        assert_eq!(passwords.recall(&user, b"wrong"), None);
        assert!(passwords.verify(&user, b"right").await);
        assert_eq!(passwords.recall(&user, b"right"), Some(true));
        assert_eq!(passwords.recall(&user, b"wrong"), None);
        passwords.forget("u");
        assert_eq!(passwords.recall(&user, b"right"), None);
    }

    #[tokio::test]
    async fn only_0_10_goes_by_a_password_that_was_changed() {
        for (profile, old_still_right) in [(Profile::V1_8, false), (Profile::V0_10, true)] {
            let passwords = Passwords::new(profile);
            let before = user(&passwords.hash("old").await.unwrap());
            assert!(passwords.verify(&before, b"old").await);
            let after = user(&passwords.hash("new").await.unwrap());
            assert_eq!(passwords.verify(&after, b"old").await, old_still_right);
            assert_eq!(passwords.verify(&after, b"new").await, !old_still_right);
            passwords.forget("u");
            assert!(passwords.verify(&after, b"new").await);
        }
    }

    #[tokio::test]
    async fn what_is_kept_shows_no_secret() {
        let passwords = Passwords::new(Profile::V1_8);
        let user = user(&passwords.hash("hunter2").await.unwrap());
        assert!(passwords.verify(&user, b"hunter2").await);
        let shown = format!("{passwords:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("$2"), "{shown}");
    }
}
