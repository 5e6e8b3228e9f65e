//! Questions at the terminal whose answers are not shown.

use std::io;

use crate::failure::Failure;

/// Asks at the terminal, without showing what is typed.
///
/// # Errors
/// There is no terminal to ask at, or whoever sits there gave up.
pub(crate) fn hidden(prompt: &str) -> Result<String, Failure> {
    ask(prompt).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Failure::Signal(SIGINT),
        _ => Failure::local_io(format!("cannot read from the terminal: {error}")),
    })
}

/// The number of the signal of Ctrl-C, which is not raised: it would end the program before the terminal is in order.
const SIGINT: u8 = 2;

#[cfg(unix)]
use unix::ask;

#[cfg(not(unix))]
use rpassword::prompt_password as ask;

#[cfg(unix)]
mod unix {
    use std::cell::Cell;
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read, Write};
    use std::rc::Rc;

    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

    /// What the terminal sends for Ctrl-C while it raises no signals.
    const CTRL_C: u8 = 3;

    pub(super) fn ask(prompt: &str) -> io::Result<String> {
        let mut terminal = Silent::begin()?;
        write!(terminal.file, "{prompt}")?;
        let interrupted = Rc::new(Cell::new(false));
        let keys = Keys { terminal: terminal.file.try_clone()?, interrupted: Rc::clone(&interrupted) };
        let config = rpassword::ConfigBuilder::new().input_reader(keys).output_discard().build();
        let typed = rpassword::read_password_with_config(config);
        writeln!(terminal.file)?;
        if interrupted.get() { Err(io::ErrorKind::Interrupted.into()) } else { typed }
    }

    /// A terminal that gives each key at once and shows none, until this is dropped. Begun before the prompt is shown: whoever
    /// types at once, or pastes, would otherwise be faster than whoever reads the secret.
    struct Silent {
        file: File,
        before: Termios,
    }

    impl Silent {
        fn begin() -> io::Result<Self> {
            let file = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
            let before = tcgetattr(&file)?;
            let mut silent = before.clone();
            // Without signals from keys: one that ended the program here would leave the terminal silent.
            silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
            silent.special_codes[SpecialCodeIndex::VMIN] = 1;
            silent.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(&file, OptionalActions::Now, &silent)?;
            Ok(Self { file, before })
        }
    }

    impl Drop for Silent {
        fn drop(&mut self) {
            // Nothing else could be done about it.
            let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
        }
    }

    /// The keys that are typed, up to Ctrl-C.
    struct Keys {
        terminal: File,
        interrupted: Rc<Cell<bool>>,
    }

    impl Read for Keys {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = loop {
                match self.terminal.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            };
            if read == 0 {
                // What was typed so far must not be taken for all of it.
                return Err(io::Error::other("it is gone"));
            }
            if buffer[..read].contains(&CTRL_C) {
                self.interrupted.set(true);
                // Not of the kind that readers try again.
                return Err(io::Error::other("Ctrl-C"));
            }
            Ok(read)
        }
    }
}
