//! A reference that keeps a Java object alive while another thread works with its memory.

use jni::objects::JObject;
use jni::refs::Global;

/// Keeps a direct buffer from being freed. Only a thread of the JVM may let go of it, with [`Hold::release`]: to drop the
/// reference elsewhere would attach that thread. A hold that is dropped all the same leaks its object, which is safe.
#[derive(Debug, Default)]
pub(crate) struct Hold(Option<Global<JObject<'static>>>);

impl Hold {
    pub(crate) fn new(object: Global<JObject<'static>>) -> Self {
        Self(Some(object))
    }

    /// Lets go of the object; to be called on a thread of the JVM.
    pub(crate) fn release(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            std::mem::forget(object);
        }
    }
}
