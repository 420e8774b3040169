//! Rules of modules that `use rule … exclude` leaves out.
//!
//! Owns what messages tell of them. It takes no part in which rules there are.

use crate::pattern::Pattern;

/// A rule that is left out.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Its name in the module.
    pub name: Box<str>,
    /// The module's name.
    pub module: Box<str>,
    /// Its outputs, as they lie in the module.
    pub outputs: Vec<Pattern>,
}

impl LeftOut {
    /// Whether it would make a file.
    pub fn makes(&self, file: &str) -> bool {
        let mut captures = Vec::new();
        self.outputs.iter().any(|output| output.captures(file, &mut captures))
    }
}
