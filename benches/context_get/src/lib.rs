//! Two ways to one field: through a context, and through a struct written by hand.
//!
//! Both are functions of their own, so that their machine instructions can be compared.

use std::sync::Arc;

use di::prelude::*;

/// Declares services, a context of all of them, and a struct with a field for each.
macro_rules! declare {
    ($($service:ident $field:ident $value:literal,)*) => {
        $(
            #[doc = concat!("A service that says ", $value, ".")]
            #[derive(Service)]
            pub struct $service {
                /// What it says.
                pub value: u64,
            }
        )*

        /// A context of all services.
        pub type All = Context<services![$($service),*]>;

        /// A context with a value for each service.
        pub fn context() -> All {
            Context::from_services(di::hlist![$(Inject::<$service>::new($service { value: $value })),*])
        }

        /// All services by hand.
        pub struct App {
            $(
                #[doc = concat!("A service that says ", $value, ".")]
                pub $field: Arc<$service>,
            )*
        }

        /// A struct with a value for each service.
        pub fn app() -> Arc<App> {
            Arc::new(App { $($field: Arc::new($service { value: $value })),* })
        }
    };
}

declare! {
    S0 s0 0, S1 s1 1, S2 s2 2, S3 s3 3, S4 s4 4,
    S5 s5 5, S6 s6 6, S7 s7 7, S8 s8 8, S9 s9 9,
    S10 s10 10, S11 s11 11, S12 s12 12, S13 s13 13, S14 s14 14,
    S15 s15 15, S16 s16 16, S17 s17 17, S18 s18 18, S19 s19 19,
    S20 s20 20, S21 s21 21, S22 s22 22, S23 s23 23, S24 s24 24,
    S25 s25 25, S26 s26 26, S27 s27 27, S28 s28 28, S29 s29 29,
    S30 s30 30, S31 s31 31, S32 s32 32, S33 s33 33, S34 s34 34,
    S35 s35 35, S36 s36 36, S37 s37 37, S38 s38 38, S39 s39 39,
    S40 s40 40, S41 s41 41, S42 s42 42, S43 s43 43, S44 s44 44,
    S45 s45 45, S46 s46 46, S47 s47 47, S48 s48 48, S49 s49 49,
}

/// Through the context.
#[inline(never)]
pub fn by_context(context: &All) -> u64 {
    context.get::<S17>().value
}

/// Through the struct.
#[inline(never)]
pub fn by_hand(app: &Arc<App>) -> u64 {
    app.s17.value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_lead_to_the_same_value() {
        assert_eq!(by_context(&context()), 17);
        assert_eq!(by_hand(&app()), 17);
    }
}
