//! What a panic says, and where it was.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Once;

use crate::call;

thread_local! {
    /// Where the last panic of this thread was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on a panic that is caught, to end in an exception, is kept for [`words`] and not printed: the streams of the process
/// are the application's. One in a task of the client's own is printed as before. Only this library's panics are meant: no
/// other one shares its hook.
pub(crate) fn keep_quiet() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Of the runtime's threads, those that carry out a call; of all others, those of the JVM.
            if !call::is_carried_out() && tokio::runtime::Handle::try_current().is_ok() {
                return before(panic);
            }
            let place = panic.location().map(|location| format!("{}:{}", location.file(), location.line()));
            // A thread that is about to end has no place to keep it, and nobody to tell.
            let _ = PLACE.try_with(|kept| kept.replace(place));
        }));
    });
}

/// What the panic says that this thread has just caught.
pub(crate) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("it gave no reason");
    match PLACE.take() {
        Some(place) => format!("a fault of the client itself: {text} ({place})"),
        None => format!("a fault of the client itself: {text}"),
    }
}
