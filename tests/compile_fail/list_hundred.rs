//! Each finding in lists of a hundred layers, which are ten chains of ten: a report is as short as in any other list.

#![allow(unused)]

use di::prelude::*;

macro_rules! links {
    ($(($service:ident $layer:ident $($need:ident)?))*) => {$(
        #[derive(Service)]
        struct $service;
        #[layer]
        fn $layer($(need: Inject<$need>)?) -> $service { $service }
    )*};
}
links! {
    (S00 s00) (S01 s01) (S02 s02) (S03 s03) (S04 s04) (S05 s05) (S06 s06) (S07 s07) (S08 s08) (S09 s09)
    (S10 s10 S00) (S11 s11 S01) (S12 s12 S02) (S13 s13 S03) (S14 s14 S04) (S15 s15 S05) (S16 s16 S06) (S17 s17 S07)
    (S18 s18 S08) (S19 s19 S09) (S20 s20 S10) (S21 s21 S11) (S22 s22 S12) (S23 s23 S13) (S24 s24 S14) (S25 s25 S15)
    (S26 s26 S16) (S27 s27 S17) (S28 s28 S18) (S29 s29 S19) (S30 s30 S20) (S31 s31 S21) (S32 s32 S22) (S33 s33 S23)
    (S34 s34 S24) (S35 s35 S25) (S36 s36 S26) (S37 s37 S27) (S38 s38 S28) (S39 s39 S29) (S40 s40 S30) (S41 s41 S31)
    (S42 s42 S32) (S43 s43 S33) (S44 s44 S34) (S45 s45 S35) (S46 s46 S36) (S47 s47 S37) (S48 s48 S38) (S49 s49 S39)
    (S50 s50 S40) (S51 s51 S41) (S52 s52 S42) (S53 s53 S43) (S54 s54 S44) (S55 s55 S45) (S56 s56 S46) (S57 s57 S47)
    (S58 s58 S48) (S59 s59 S49) (S60 s60 S50) (S61 s61 S51) (S62 s62 S52) (S63 s63 S53) (S64 s64 S54) (S65 s65 S55)
    (S66 s66 S56) (S67 s67 S57) (S68 s68 S58) (S69 s69 S59) (S70 s70 S60) (S71 s71 S61) (S72 s72 S62) (S73 s73 S63)
    (S74 s74 S64) (S75 s75 S65) (S76 s76 S66) (S77 s77 S67) (S78 s78 S68) (S79 s79 S69) (S80 s80 S70) (S81 s81 S71)
    (S82 s82 S72) (S83 s83 S73) (S84 s84 S74) (S85 s85 S75) (S86 s86 S76) (S87 s87 S77) (S88 s88 S78) (S89 s89 S79)
    (S90 s90 S80) (S91 s91 S81) (S92 s92 S82) (S93 s93 S83) (S94 s94 S84) (S95 s95 S85) (S96 s96 S86) (S97 s97 S87)
    (S98 s98 S88) (S99 s99 S89)
}

#[derive(Service)]
struct App;
#[service]
trait Part {}
#[derive(Service)]
struct MainPart;
#[service]
impl Part for MainPart {}
#[derive(Service)]
struct Repository;
#[derive(Service)]
struct Repositary;
mod other {
    #[derive(di::Service)]
    pub struct S55;
}

#[layer]
fn app(p0: Inject<S90>, p1: Inject<S91>, p2: Inject<S92>, p3: Inject<S93>, p4: Inject<S94>, p5: Inject<S95>, p6: Inject<S96>, p7: Inject<S97>, p8: Inject<S98>, p9: Inject<S99>) -> App { App }
#[layer]
fn second() -> S55 { S55 }
#[layer]
fn back(need: Inject<S99>) -> S09 { S09 }
#[layer]
fn other_s55() -> other::S55 { other::S55 }
#[layer]
fn repositary() -> Repositary { Repositary }
#[layer]
fn needs_repository(need: Inject<Repository>) -> S09 { S09 }
#[layer]
fn main_part() -> MainPart { MainPart }
#[layer(as dyn Part)]
fn part() -> MainPart { MainPart }
#[layer]
fn needs_part(need: Inject<dyn Part>) -> S09 { S09 }
#[layer]
fn needs_main_part(need: Inject<MainPart>) -> S09 { S09 }

fn main() {
    let missing = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s06(), s07(), s08(), s09(), s10(), s11(), s12(), s13(), s14(), s15(),
        s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(), s30(),
        s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(), s45(),
        s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(), s60(),
        s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(), s75(),
        s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(), s90(),
        s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(),
    ];
    let missing_in_header = layers![<App, Repository> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s09(), s10(), s11(), s12(), s13(), s14(),
        s15(), s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(),
        s30(), s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(),
        s45(), s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(),
        s60(), s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(),
        s75(), s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(),
        s90(), s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(),
    ];
    let twice = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s09(), s10(), s11(), s12(), s13(), s14(),
        s15(), s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(),
        s30(), s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(),
        s45(), s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(),
        s60(), s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(),
        s75(), s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(),
        s90(), s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(), second(),
    ];
    let circle = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s10(), s11(), s12(), s13(), s14(), s15(),
        s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(), s30(),
        s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(), s45(),
        s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(), s60(),
        s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(), s75(),
        s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(), s90(),
        s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(), back(),
    ];
    let unused = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s09(), s10(), s11(), s12(), s13(), s14(),
        s15(), s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(),
        s30(), s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(),
        s45(), s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(),
        s60(), s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(),
        s75(), s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(),
        s90(), s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(), main_part(),
    ];
    let other_type = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s09(), s10(), s11(), s12(), s13(), s14(),
        s15(), s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(),
        s30(), s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(),
        s45(), s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s56(), s57(), s58(), s59(), s60(),
        s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(), s75(),
        s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(), s90(),
        s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(), other_s55(),
    ];
    let spelling = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s10(), s11(), s12(), s13(), s14(), s15(),
        s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(), s30(),
        s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(), s45(),
        s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(), s60(),
        s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(), s75(),
        s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(), s90(),
        s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(), needs_repository(), repositary(),
    ];
    let type_for_trait = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s10(), s11(), s12(), s13(), s14(), s15(),
        s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(), s30(),
        s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(), s45(),
        s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(), s60(),
        s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(), s75(),
        s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(), s90(),
        s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(), needs_part(), main_part(),
    ];
    let trait_for_type = layers![<App> app(),
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s10(), s11(), s12(), s13(), s14(), s15(),
        s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(), s30(),
        s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(), s45(),
        s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(), s60(),
        s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(), s75(),
        s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(), s90(),
        s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(), needs_main_part(), part(),
    ];
    // Nine services are missing, one is given by two layers, twenty by one that stands there twice, and one chain is a circle.
    let many = layers![<App> app(),
        s10(), s11(), s12(), s13(), s14(), s15(), s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(),
        s25(), s26(), s27(), s28(), s29(), s30(), s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(),
        s40(), s41(), s42(), s43(), s44(), s45(), s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(),
        s55(), s56(), s57(), s58(), s59(), s60(), s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(),
        s70(), s71(), s72(), s73(), s74(), s75(), s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(),
        s85(), s86(), s87(), s88(), s89(), s90(), s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(),
        back(), second(), s60(), s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(),
        s72(), s73(), s74(), s75(), s76(), s77(), s78(), s79(),
    ];
    let many_unused = layers![<S90>
        s00(), s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s09(), s10(), s11(), s12(), s13(), s14(),
        s15(), s16(), s17(), s18(), s19(), s20(), s21(), s22(), s23(), s24(), s25(), s26(), s27(), s28(), s29(),
        s30(), s31(), s32(), s33(), s34(), s35(), s36(), s37(), s38(), s39(), s40(), s41(), s42(), s43(), s44(),
        s45(), s46(), s47(), s48(), s49(), s50(), s51(), s52(), s53(), s54(), s55(), s56(), s57(), s58(), s59(),
        s60(), s61(), s62(), s63(), s64(), s65(), s66(), s67(), s68(), s69(), s70(), s71(), s72(), s73(), s74(),
        s75(), s76(), s77(), s78(), s79(), s80(), s81(), s82(), s83(), s84(), s85(), s86(), s87(), s88(), s89(),
        s90(), s91(), s92(), s93(), s94(), s95(), s96(), s97(), s98(), s99(),
    ];
}

//~ 71 E0080 {s15()} service `S05` is required by `s15`, but no layer provides it [DI0001]
//~ 79 E0080 {<App, Repository>} service `Repository` is required by the header, but no layer provides it [DI0001]
//~ 95 E0080 {second()} `S55` is provided by both `s55` and `second` [DI0003]
//~ 99 E0080 {s19()} these layers need each other in a circle: `s19` -> `back` -> `s99` -> `s89` -> .. -> `s59` -> `s49` -> `s39` -> `s29` -> `s19` [DI0004]
//~ 113 E0080 {main_part()} layer `main_part` is not needed by anything here [DI0005]
//~ 120 E0080 {s65()} service `S55` is required by `s65`, but `other_s55` gives `other::S55`, which is a different type [DI0007]
//~ 131 E0080 {needs_repository()} service `Repository` is required by `needs_repository`, but no layer provides it [DI0001]
//~ 140 E0080 {needs_part()} service `dyn Part` is required by `needs_part`, but no layer provides it [DI0001]
//~ 149 E0080 {needs_main_part()} service `MainPart` is required by `needs_main_part`, but no layer provides it [DI0001]
//~ 153 E0080 {s10()} service `S00` is required by `s10`, but no layer provides it [DI0001]
//~    and service `S01` is required by `s11`, but no layer provides it [DI0001]
//~    and service `S02` is required by `s12`, but no layer provides it [DI0001]
//~    and service `S03` is required by `s13`, but no layer provides it [DI0001]
//~    and service `S04` is required by `s14`, but no layer provides it [DI0001]
//~    and `S55` is provided by both `s55` and `second` [DI0003]
//~    and `S60` is provided twice by `s60` [DI0003]
//~    and `S61` is provided twice by `s61` [DI0003]
//~    and `S62` is provided twice by `s62` [DI0003]
//~    and `S63` is provided twice by `s63` [DI0003]
//~    and these layers need each other in a circle: `s19` -> `back` -> `s99` -> `s89` -> .. -> `s59` -> `s49` -> `s39` -> `s29` -> `s19` [DI0004]
//~ 163 E0080 {s01()} layers `s01`, `s02`, `s03`, `s04`, `s05`, `s06`, `s07`, `s08`, `s09`, `s11`, `s12`, `s13` and 78 more are not needed by anything here [DI0005]
