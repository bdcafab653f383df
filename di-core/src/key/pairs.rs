//! Two digits by one name, for keys that are written: `XE<Tail>` is `Digits<D3, Digits<D2, Tail>>`.

use super::{D0, D1, D2, D3, Digits};

macro_rules! pairs {
    ($($name:ident $first:ident $second:ident)*) => {
        $(
            #[doc = concat!("The digits ", stringify!($first), " and ", stringify!($second), ", and what follows them.")]
            pub type $name<Tail> = Digits<$first, Digits<$second, Tail>>;
        )*
    };
}
pairs! {
    X0 D0 D0  X1 D0 D1  X2 D0 D2  X3 D0 D3
    X4 D1 D0  X5 D1 D1  X6 D1 D2  X7 D1 D3
    X8 D2 D0  X9 D2 D1  XA D2 D2  XB D2 D3
    XC D3 D0  XD D3 D1  XE D3 D2  XF D3 D3
}
