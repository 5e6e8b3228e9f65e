//! What a method throws. Nothing unwinds into the JVM.

use std::any::Any;

use jni::Env;
use jni::errors::{Error, ErrorPolicy};
use jni::jni_str;
use jni::strings::{JNIStr, JNIString};

use crate::frame::Fault;
use crate::handle::BadHandle;
use crate::inbox::NotBegun;
use crate::panics::words;

/// Why a method throws. The texts show nothing of what was given, which may be secret.
#[derive(Debug)]
pub(super) enum Thrown {
    /// A reference is null.
    Null(&'static str),
    /// An argument cannot be used.
    Argument(String),
    /// What is meant is closed.
    Closed(&'static str),
    /// The method is not for everybody.
    Unsupported,
    /// Something is wrong on our side.
    Internal(String),
    /// The JVM has no room.
    Memory,
    /// A function of the JVM failed.
    Jni(Error),
}

impl From<Error> for Thrown {
    fn from(error: Error) -> Self {
        match error {
            Error::NullPtr(what) => Self::Null(what),
            error => Self::Jni(error),
        }
    }
}

impl From<Fault> for Thrown {
    fn from(fault: Fault) -> Self {
        Self::Argument(fault.to_string())
    }
}

impl From<BadHandle> for Thrown {
    fn from(bad: BadHandle) -> Self {
        match bad {
            BadHandle::Closed => Self::Closed("it is closed"),
            BadHandle::Unknown => Self::Argument("no such handle".into()),
        }
    }
}

impl From<NotBegun> for Thrown {
    fn from(why: NotBegun) -> Self {
        match why {
            NotBegun::Closed => Self::Closed("the client is closed"),
            NotBegun::Poisoned => Self::Internal(
                "an earlier call of this client ended in a fault of the client itself: close it and make another one"
                    .into(),
            ),
            NotBegun::Taken => Self::Argument("a call with this id is under way".into()),
            NotBegun::Zero => Self::Argument("0 is not an id of a call".into()),
        }
    }
}

/// Throws what a method ended in.
pub(super) struct Throw;

impl<T: Default> ErrorPolicy<T, Thrown> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        thrown: Thrown,
    ) -> jni::errors::Result<T> {
        throw(env, thrown);
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        panic: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        throw(env, Thrown::Internal(words(&*panic)));
        Ok(T::default())
    }
}

fn throw(env: &mut Env<'_>, thrown: Thrown) {
    // One that is there already says more.
    if env.exception_check() {
        return;
    }
    match thrown {
        Thrown::Null(what) => throw_new(env, jni_str!("java/lang/NullPointerException"), what),
        Thrown::Argument(text) => throw_new(env, jni_str!("java/lang/IllegalArgumentException"), &text),
        Thrown::Closed(text) => throw_new(env, jni_str!("java/lang/IllegalStateException"), text),
        Thrown::Unsupported => {
            throw_new(
                env,
                jni_str!("java/lang/UnsupportedOperationException"),
                "this is for tests of the library alone",
            );
        }
        Thrown::Memory => throw_new(env, jni_str!("java/lang/OutOfMemoryError"), "no room for an answer"),
        Thrown::Internal(text) => internal(env, &text),
        Thrown::Jni(error) => internal(env, &format!("a function of the JVM failed: {error}")),
    }
}

/// A class of the client's own may be out of reach of the loader; then an error of Java's serves.
fn internal(env: &mut Env<'_>, text: &str) {
    throw_new(env, jni_str!("io/influxclient/InternalException"), text);
    if !env.exception_check() {
        throw_new(env, jni_str!("java/lang/InternalError"), text);
    }
}

fn throw_new(env: &mut Env<'_>, class: &JNIStr, text: &str) {
    // With the class loader of the native method's class: a name alone would be looked up with that of the thread, which
    // may know another class of that name, or none.
    let Ok(class) = env.find_class(class) else { return };
    // It returns an error because an exception is pending then, which is what is wanted.
    let _ = env.throw_new(class, JNIString::new(text));
}
