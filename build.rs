//! Links the program at a fixed address. Starlark brings 70,000 pointers in
//! tables, and where the address is chosen at start, each of them is set at
//! every start: a millisecond that a run with nothing to do can feel.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
