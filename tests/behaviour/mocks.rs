//! Partial implementations of service traits: `#[service(mock = ..)]` and `Layer::mock`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use di::Mock;
use di::prelude::*;

/// A service with methods of every kind.
#[service(mock = MockUsers)]
pub trait Users {
    /// A name.
    async fn find(&self, id: i64) -> Option<String>;

    async fn rename(&self, id: i64, _name: &str) -> Result<(), String>;

    fn first<'a>(&'a self, names: &'a [String]) -> &'a str;

    async fn exists(&self, id: i64) -> bool {
        self.find(id).await.is_some()
    }

    fn limit(&self, mut factor: usize) -> usize {
        factor *= 2;
        factor
    }

    #[cfg(any())]
    fn not_there(&self);

    #[deprecated = "for a test of what is generated"]
    fn old(&self) -> u8 {
        1
    }

    fn shared(self: Arc<Self>) -> usize;

    fn open() -> Self
    where
        Self: Sized;
}

#[service(mock = MockStore)]
trait Store<T>
where
    T: Clone,
{
    fn load(&self) -> T;
    fn twice(&self) -> (T, T) {
        (self.load(), self.load())
    }
}

struct OnlyAda;

#[service]
impl MockUsers for OnlyAda {
    async fn find(&self, id: i64) -> Option<String> {
        (id == 1).then(|| "Ada".into())
    }

    fn first<'a>(&'a self, names: &'a [String]) -> &'a str {
        &names[0]
    }
}

#[derive(Default)]
struct Nothing;
#[service]
impl MockUsers for Nothing {}

struct Everything(Mutex<Vec<i64>>);

#[service]
impl MockUsers for Everything {
    async fn exists(&self, id: i64) -> bool {
        self.0.lock().unwrap().push(id);
        true
    }

    fn limit(&self, factor: usize) -> usize {
        factor
    }
}

#[derive(Service, Clone, Debug, PartialEq)]
struct Word(&'static str);

struct Constant(Word);
impl MockStore<Word> for Constant {
    fn load(&self) -> Word {
        self.0.clone()
    }
}

/// The message of a panic.
fn message(call: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    payload.downcast_ref::<String>().unwrap().clone()
}

async fn message_of(call: impl Future<Output: Send> + Send + 'static) -> String {
    let payload = tokio::spawn(call).await.err().unwrap().into_panic();
    payload.downcast_ref::<String>().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_mock_does_what_its_fake_gives() {
    let context = Layer::mock::<dyn Users>(OnlyAda).build_infallible(&Scope::new()).await;
    let users = context.get::<dyn Users>();
    assert_eq!(users.find(1).await.as_deref(), Some("Ada"));
    assert_eq!(users.first(&["Ada".to_owned()]), "Ada");
}

#[tokio::test(start_paused = true)]
async fn a_mock_names_what_is_called_without_being_given() {
    let users = Inject::<dyn Users>::new(Mock::new(OnlyAda));
    let renamed = message_of(async move { users.rename(1, "Grace").await }).await;
    assert_eq!(renamed, "`Users::rename` was called, but `OnlyAda` does not give it");
    let users = Inject::<dyn Users>::new(Mock::new(Nothing));
    let first = message(|| drop(users.first(&[]).to_owned()));
    assert_eq!(first, "`Users::first` was called, but `Nothing` does not give it");
}

#[tokio::test(start_paused = true)]
async fn provided_methods_do_what_the_trait_says_with_what_is_given() {
    let users = Inject::<dyn Users>::new(Mock::new(OnlyAda));
    assert_eq!((users.exists(1).await, users.exists(2).await, users.limit(3)), (true, false, 6));
    #[expect(deprecated, reason = "the mock forwards it without a warning, and here it is called")]
    let old = users.old();
    assert_eq!(old, 1);
    let users = Inject::<dyn Users>::new(Mock::new(Nothing));
    let exists = message_of(async move { users.exists(1).await }).await;
    assert_eq!(exists, "`Users::find` was called, but `Nothing` does not give it");
}

#[tokio::test(start_paused = true)]
async fn provided_methods_can_be_given_as_well() {
    let mock = Mock::new(Everything(Mutex::default()));
    assert!(Users::exists(&mock, 7).await);
    assert_eq!(Users::limit(&mock, 3), 3);
    assert_eq!(*mock.fake().0.lock().unwrap(), [7]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_given_by_reference_is_named_too() {
    let users = Inject::<dyn Users>::new(Mock::new(Nothing));
    let shared = message(|| {
        users.into_arc().shared();
    });
    assert_eq!(shared, "`Users::shared` was called, but `Nothing` does not give it");
    let open = message(|| {
        <Mock<Nothing> as Users>::open();
    });
    assert_eq!(open, "`Users::open` was called, but `Nothing` does not give it");
}

#[tokio::test(start_paused = true)]
async fn a_generic_trait_has_a_generic_mock() {
    let store = Inject::<dyn Store<Word>>::new(Mock::new(Constant(Word("a"))));
    assert_eq!(store.twice(), (Word("a"), Word("a")));
}

#[tokio::test(start_paused = true)]
async fn a_mock_that_lacks_something_fails_the_build_that_calls_it() {
    #[derive(Service, Debug)]
    struct Greeting;
    let greeting =
        Layer::from_fn(|users: Inject<dyn Users>| async move { users.rename(1, "Grace").await.map(|()| Greeting) });
    let app = greeting.provide(Layer::mock::<dyn Users>(Nothing));
    let error = app.build(&Scope::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot build `Greeting`: `Greeting` panicked: `Users::rename` was called, but `Nothing` does not give it \
         (released: dyn Users)"
    );
}
