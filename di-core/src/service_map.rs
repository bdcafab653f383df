//! Services whose types are forgotten: what passes between layers while they are built.

use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::set::Member;
use crate::{Inject, InstanceId, Service};

/// An injected service, its type forgotten.
#[derive(Clone)]
pub struct AnyService {
    member: Member,
    instance: InstanceId,
    pointer: Arc<dyn Any + Send + Sync>,
    watch: fn(&Self) -> Watch,
}

impl AnyService {
    /// Forgets the type of a service.
    pub fn new<S: Service + ?Sized + 'static>(service: Inject<S>) -> Self {
        let watch = |service: &Self| Watch {
            member: service.member,
            is_held: Box::new(service.pointer::<S>().expect("this is its type").watch()),
        };
        Self { member: Member::of::<S>(), instance: InstanceId::of(&service), pointer: Arc::new(service), watch }
    }

    /// Watches the instance without holding it.
    pub fn watch(&self) -> Watch {
        (self.watch)(self)
    }

    /// Which service this is.
    pub fn member(&self) -> Member {
        self.member
    }

    /// Which instance of it this is.
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    fn pointer<S: Service + ?Sized + 'static>(&self) -> Option<&Inject<S>> {
        self.pointer.downcast_ref()
    }
}

impl fmt::Debug for AnyService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyService").field(&format_args!("{}", self.member)).finish()
    }
}

/// An instance that is watched, and not held.
pub struct Watch {
    member: Member,
    is_held: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Watch {
    /// Which service it is.
    pub fn member(&self) -> Member {
        self.member
    }

    /// Whether somebody still holds it.
    pub fn is_held(&self) -> bool {
        (self.is_held)()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&format_args!("{}", self.member)).finish()
    }
}

/// Services by their type. A map can stand over another one, which it adds to without copying it.
#[derive(Clone, Debug, Default)]
pub struct ServiceMap {
    services: HashMap<TypeId, AnyService, BuildHasherDefault<TypeIdHasher>>,
    below: Option<Arc<ServiceMap>>,
}

impl ServiceMap {
    /// A map that has what `below` has, and room for more.
    pub fn over(below: Arc<Self>) -> Self {
        Self { services: HashMap::default(), below: Some(below) }
    }

    /// The service `S`, if it is here.
    pub fn get<S: Service + ?Sized + 'static>(&self) -> Option<&Inject<S>> {
        self.find(TypeId::of::<S>())?.pointer()
    }

    /// The service with this identity, if it is here.
    pub fn find(&self, id: TypeId) -> Option<&AnyService> {
        self.layers().find_map(|map| map.services.get(&id))
    }

    /// Adds a service; one of the same type makes way.
    pub fn insert(&mut self, service: AnyService) {
        self.services.insert(service.member.id(), service);
    }

    /// All services, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &AnyService> {
        let mut seen = HashSet::new();
        self.layers().flat_map(|map| map.services.values()).filter(move |service| seen.insert(service.member.id()))
    }

    /// This map and those that it stands over.
    fn layers(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |map| map.below.as_deref())
    }
}

impl Extend<AnyService> for ServiceMap {
    fn extend<I: IntoIterator<Item = AnyService>>(&mut self, services: I) {
        services.into_iter().for_each(|service| self.insert(service));
    }
}

impl FromIterator<AnyService> for ServiceMap {
    fn from_iter<I: IntoIterator<Item = AnyService>>(services: I) -> Self {
        let mut map = Self::default();
        map.extend(services);
        map
    }
}

/// A type identity is a hash already: its bits are taken as they are.
#[derive(Default)]
struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_ne_bytes(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AnyFailure;

    fn service(name: &'static str) -> AnyService {
        AnyService::new(Inject::<Word>::from(Arc::new(Word(name))))
    }

    struct Word(&'static str);

    impl crate::Keyed for Word {
        type Key = <AnyFailure as crate::Keyed>::Key;
        const NAME: crate::Name = crate::Name::new("Word");
    }

    impl Service for Word {
        type Target = Self;
    }

    fn words(map: &ServiceMap) -> Vec<&'static str> {
        map.iter().filter_map(|service| service.pointer::<Word>()).map(|word| word.0).collect()
    }

    #[test]
    fn a_map_hides_what_it_adds_again_from_the_map_below() {
        let below: Arc<ServiceMap> = Arc::new([service("below")].into_iter().collect());
        let mut map = ServiceMap::over(Arc::clone(&below));
        assert_eq!(map.get::<Word>().map(|word| word.0), Some("below"));
        map.insert(service("above"));
        assert_eq!(map.get::<Word>().map(|word| word.0), Some("above"));
        assert_eq!((words(&map), words(&below)), (vec!["above"], vec!["below"]));
    }
}
