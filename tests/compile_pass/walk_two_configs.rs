//! Two modules have a configuration each, and a layer for it.

use di::prelude::*;

mod storage {
    use di::prelude::*;

    #[derive(Service)]
    pub struct Config {
        pub file: String,
    }

    #[layer]
    pub fn config() -> Config {
        Config { file: "users.txt".into() }
    }

    #[derive(Service)]
    pub struct Store(pub Inject<Config>);

    #[layer]
    pub fn store(config: Inject<Config>) -> Store {
        Store(config)
    }
}

mod web {
    use di::prelude::*;

    use crate::storage::Store;

    #[derive(Service)]
    pub struct Config {
        pub port: u16,
    }

    #[layer]
    pub fn config() -> Config {
        Config { port: 8080 }
    }

    #[derive(Service)]
    pub struct Server {
        pub config: Inject<Config>,
        pub store: Inject<Store>,
    }

    #[layer]
    pub fn server(config: Inject<Config>, store: Inject<Store>) -> Server {
        Server { config, store }
    }
}

#[di::main(layers![<web::Server> web::server(), web::config(), storage::store(), storage::config()])]
async fn main(server: Inject<web::Server>) {
    println!("{} on port {}", server.store.0.file, server.config.port);
}
