//! An error with its causes, in one line.

use std::error::Error;
use std::fmt;

/// An error and, after it, each of its causes whose words are not in the line already.
///
/// Some errors leave their causes to whoever prints them, others tell of them as well; both read the same here.
pub(super) struct Chain<'a>(pub(super) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.0.to_string();
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !line.contains(&words) {
                line.push_str(": ");
                line.push_str(&words);
            }
            cause = error.source();
        }
        f.write_str(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::Chain;

    #[derive(Debug, thiserror::Error)]
    #[error("no such file")]
    struct Cause;

    #[derive(Debug, thiserror::Error)]
    enum Opening {
        #[error("cannot open it")]
        Silent(#[source] Cause),
        #[error("cannot open it ({0})")]
        Telling(#[source] Cause),
        #[error(transparent)]
        Transparent(Cause),
    }

    #[test]
    fn causes_are_told_once() {
        let line = |error: Opening| Chain(&error).to_string();
        assert_eq!(line(Opening::Silent(Cause)), "cannot open it: no such file");
        assert_eq!(line(Opening::Telling(Cause)), "cannot open it (no such file)");
        assert_eq!(line(Opening::Transparent(Cause)), "no such file");
    }
}
