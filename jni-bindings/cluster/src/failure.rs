//! What goes wrong, and which exception of Java says so.

use std::any::Any;

use influx_server_mock::{FaultError, OptionError, TestClusterError};
use jni::Env;
use jni::errors::ErrorPolicy;
use jni::jni_str;
use jni::strings::{JNIStr, JNIString};

/// Why a call did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The caller's mistake.
    #[error("{0}")]
    Argument(String),
    /// The cluster, or the node, is not in a state for this.
    #[error("{0}")]
    State(String),
    /// The cluster did not come to what was asked of it.
    #[error("{0}")]
    Cluster(String),
    /// The JVM did not do what it was asked, or has an exception of its own.
    #[error("the JVM refused a call: {0}")]
    Jni(#[from] jni::errors::Error),
}

impl From<FaultError> for Failure {
    fn from(error: FaultError) -> Self {
        Self::Argument(error.to_string())
    }
}

impl From<OptionError> for Failure {
    fn from(error: OptionError) -> Self {
        Self::Argument(error.to_string())
    }
}

impl From<TestClusterError> for Failure {
    fn from(error: TestClusterError) -> Self {
        match error {
            TestClusterError::Option(error) => error.into(),
            TestClusterError::Plan(why) => Self::Argument(why),
            other => Self::Cluster(other.to_string()),
        }
    }
}

impl Failure {
    /// The exception's class.
    fn class(&self) -> &'static JNIStr {
        match self {
            Self::Argument(_) => jni_str!("java/lang/IllegalArgumentException"),
            Self::State(_) => jni_str!("java/lang/IllegalStateException"),
            Self::Cluster(_) => CLUSTER_EXCEPTION,
            Self::Jni(_) => jni_str!("java/lang/InternalError"),
        }
    }
}

const CLUSTER_EXCEPTION: &JNIStr = jni_str!("io/influxclient/junit/ClusterException");

/// Throws what goes wrong, and gives the JVM a value that it does not look at.
#[derive(Debug)]
pub(crate) struct Throw;

impl<T: Default> ErrorPolicy<T, Failure> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut Self::Captures<'unowned_env_local, 'native_method>,
        failure: Failure,
    ) -> jni::errors::Result<T> {
        throw(env, failure.class(), &failure.to_string())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut Self::Captures<'unowned_env_local, 'native_method>,
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        throw(env, CLUSTER_EXCEPTION, &panicked(payload))
    }
}

/// What a panic's exception says.
pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> String {
    let text = match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast::<&'static str>().map_or_else(
            |payload| {
                // It may panic once more where it is dropped.
                std::mem::forget(payload);
                "it does not say why".to_owned()
            },
            |text| (*text).to_owned(),
        ),
    };
    format!("a panic in the native library: {text}")
}

fn throw<T: Default>(env: &mut Env<'_>, class: &'static JNIStr, text: &str) -> jni::errors::Result<T> {
    if env.exception_check() {
        return Ok(T::default());
    }
    // With the class loader of the native method's class. A name alone would be looked up with that of the thread,
    // which may know another class of that name, or none.
    let class = env.find_class(class)?;
    match env.throw_new(&class, JNIString::new(text)) {
        // That is how the binding says that it was thrown.
        Err(jni::errors::Error::JavaException) | Ok(()) => Ok(T::default()),
        Err(error) => Err(error),
    }
}
