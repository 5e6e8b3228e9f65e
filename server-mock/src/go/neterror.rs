//! Network errors in the words of Go's `net` package.

use std::io;

/// What a failed connect says: `dial tcp 127.0.0.1:8088: connect: connection refused`.
#[must_use]
pub fn dial_error(address: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut => format!("dial tcp {address}: i/o timeout"),
        _ => format!("dial tcp {address}: connect: {}", errno_text(error)),
    }
}

/// What a failed read or write (`operation`) on a connection from `local` to `remote` says.
///
/// An orderly end of the stream is `EOF` without addresses, as Go reports it.
#[must_use]
pub fn io_error(operation: &str, local: &str, remote: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
        io::ErrorKind::TimedOut => format!("{operation} tcp {local}->{remote}: i/o timeout"),
        _ => format!("{operation} tcp {local}->{remote}: {operation}: {}", errno_text(error)),
    }
}

fn errno_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset by peer".to_owned(),
        io::ErrorKind::BrokenPipe => "broken pipe".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network is unreachable".to_owned(),
        io::ErrorKind::StorageFull => "no space left on device".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_dial_names_the_address() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(dial_error("127.0.0.1:1", &refused), "dial tcp 127.0.0.1:1: connect: connection refused");
    }

    #[test]
    fn a_timeout_has_no_second_verb() {
        let late = io::Error::from(io::ErrorKind::TimedOut);
        assert_eq!(dial_error("h:1", &late), "dial tcp h:1: i/o timeout");
        assert_eq!(io_error("read", "a:1", "b:2", &late), "read tcp a:1->b:2: i/o timeout");
    }

    #[test]
    fn a_closed_connection_is_eof_or_broken_pipe() {
        let end = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(io_error("read", "a:1", "b:2", &end), "EOF");
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(io_error("write", "a:1", "b:2", &broken), "write tcp a:1->b:2: write: broken pipe");
    }
}
