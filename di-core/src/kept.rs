//! The ordinary parameters of a layer or an effect, which are kept for every run.

/// What can be handed to every run anew: whatever is `Clone`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is kept for every run, so it must be `Clone`",
    label = "this parameter is cloned for each run",
    note = "derive or require `Clone`, or wrap it in an `Arc`; work that is done once may be a closure with `runtime.run(..)`, which is called once"
)]
pub trait Kept {
    /// A copy for one run.
    fn copied(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Kept for T {
    fn copied(&self) -> Self {
        self.clone()
    }
}

/// A copy of a parameter for one run.
pub fn copied<T: Kept>(parameter: &T) -> T {
    parameter.copied()
}
