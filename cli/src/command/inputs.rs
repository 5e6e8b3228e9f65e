//! Inputs as named on a command line, found to be there before anything is done.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::console::Console;
use crate::failure::Failure;
use crate::input::Source;

/// The inputs of these names.
///
/// # Errors
/// One of them cannot be opened or is a directory, standard input is named twice, or the rejects file is among them.
pub(super) fn sources(files: &[PathBuf], rejects: Option<&Path>, console: &Console) -> Result<Vec<Source>, Failure> {
    let sources: Vec<Source> = files.iter().map(|file| Source::named(file)).collect();
    let stdins = sources.iter().filter(|source| **source == Source::Stdin).count();
    if stdins > 1 {
        return Err(Failure::Usage("standard input can be read once only".to_owned()));
    }
    if stdins > 0 && std::io::stdin().is_terminal() {
        console.say("reading line protocol from the terminal; Ctrl-D ends it");
    }
    for source in &sources {
        if let Source::File(path) = source {
            match File::open(path).and_then(|file| file.metadata()) {
                Ok(metadata) if metadata.is_dir() => {
                    return Err(Failure::local_io(format!("{}: is a directory", path.display())));
                }
                Ok(_) => {}
                Err(error) => return Err(Failure::local_io(format!("{}: {error}", path.display()))),
            }
            if rejects == Some(path) {
                return Err(Failure::Usage("the rejects file is an input as well".to_owned()));
            }
        }
    }
    Ok(sources)
}
