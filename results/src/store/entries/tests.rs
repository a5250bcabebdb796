use super::*;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::sample::Index;
use std::fs;
use std::path::Path;

/// A store in which no damage is expected, or in which it does not matter.
fn open(folder: &Path) -> Entries {
    Entries::open(&Location::Folder(folder.into()), |_| ()).unwrap()
}

fn key(number: u64) -> ContentKey {
    ContentKey::from_json("test", &number).unwrap()
}

/// Path of an entry of the store in `folder`.
fn path(folder: &Path, key: &ContentKey) -> PathBuf {
    folder.join(entry_name(key))
}

/// Path of what an entry becomes when it is set aside.
fn aside(folder: &Path, key: &ContentKey) -> PathBuf {
    folder.join(entry_name(key) + DAMAGED)
}

proptest! {
    // Every case writes to the disk.
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn invariant_13_what_is_put_is_got_and_a_flipped_bit_is_found(
        content in vec(any::<u8>(), 0..200),
        other in vec(any::<u8>(), 0..200),
        place: Index,
        bit in 0..8_u8,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let entries = open(folder.path());
        assert!(!entries.contains(&key(1)).unwrap());
        entries.put(&key(1), &other).unwrap();
        entries.put(&key(1), &content).unwrap();
        assert_eq!(entries.get(&key(1)).unwrap().as_ref(), Some(&content));
        assert_eq!(entries.get(&key(2)).unwrap(), None);
        assert_eq!(entries.keys().unwrap(), [key(1)].into());
        let path = path(folder.path(), &key(1));
        let mut bytes = fs::read(&path).unwrap();
        bytes[place.index(CHECKSUM + content.len())] ^= 1 << bit;
        fs::write(&path, bytes).unwrap();
        assert_eq!(entries.get(&key(1)).unwrap(), None);
        assert!(!path.exists() && aside(folder.path(), &key(1)).exists(), "it is set aside");
        assert_eq!(entries.keys().unwrap(), BTreeSet::new());
        entries.put(&key(1), &content).unwrap();
        assert_eq!(entries.get(&key(1)).unwrap(), Some(content));
    }
}

#[test]
fn a_renamed_or_shortened_entry_is_damaged_and_a_partial_one_is_never_read() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("new/folder");
    let entries = open(&folder);
    let [first, second] = [1, 2].map(|number| path(&folder, &key(number)));
    entries.put(&key(1), b"content").unwrap();
    fs::create_dir_all(second.parent().unwrap()).unwrap();
    fs::rename(&first, &second).unwrap();
    assert_eq!(entries.get(&key(2)).unwrap(), None);
    assert!(aside(&folder, &key(2)).exists());
    for length in [0, CHECKSUM - 1, CHECKSUM + 6] {
        entries.put(&key(1), b"content").unwrap();
        let bytes = fs::read(&first).unwrap();
        fs::write(&first, &bytes[..length]).unwrap();
        assert_eq!(entries.get(&key(1)).unwrap(), None, "{length} bytes");
    }
    let partial = folder.join("partial");
    let left = partial.join(".partial-0123456789ab");
    let others = [partial.join("thesis.tex"), partial.join(".partial-thesis.tex"), folder.join("notes.txt")];
    others.iter().chain([&left]).for_each(|file| fs::write(file, "").unwrap());
    open(&folder);
    assert!(!left.exists(), "left by a process that was killed");
    assert!(others.iter().all(|file| file.exists()), "not of the store");
    fs::remove_dir_all(partial).unwrap();
    entries.put(&key(3), b"content").unwrap();
    assert_eq!(entries.get(&key(3)).unwrap().as_deref(), Some(&b"content"[..]));
    assert!(matches!(
        Entries::open(&Location::Folder(folder.join("notes.txt")), |_| ()),
        Err(EntryError::NotFolder { .. })
    ));
}

#[test]
fn what_is_no_file_is_a_damaged_entry() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let entries = open(folder);
    fs::create_dir_all(path(folder, &key(1))).unwrap();
    assert_eq!(entries.get(&key(1)).unwrap(), None);
    #[cfg(unix)]
    {
        fs::create_dir_all(path(folder, &key(2)).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path(folder, &key(2))).unwrap();
        assert_eq!(entries.get(&key(2)).unwrap(), None);
    }
    entries.put(&key(1), b"content").unwrap();
    assert_eq!(entries.get(&key(1)).unwrap().as_deref(), Some(&b"content"[..]));
}

#[test]
fn writers_of_one_key_do_not_disturb_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let entries = open(folder.path());
    let content = vec![7; 100_000];
    entries.put(&key(1), &content).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| entries.put(&key(1), &content).unwrap()));
            scope.spawn(|| (0..20).for_each(|_| assert_eq!(entries.get(&key(1)).unwrap().as_ref(), Some(&content))));
        }
    });
    let listed = entries.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].bytes, (CHECKSUM + content.len()) as u64);
    assert_eq!(fs::read_dir(folder.path().join("partial")).unwrap().count(), 0, "nothing is left aside");
    entries.remove(&listed[0]).unwrap();
    assert_eq!(entries.list().unwrap(), []);
}

#[test]
fn of_those_that_create_one_note_at_once_one_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let entries = open(folder.path());
    let create = |number: u8| entries.create_note("claims/one", &[number]).unwrap();
    let won: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || create(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let winner = won.iter().position(|won| *won).unwrap() as u8;
    assert_eq!(entries.note("claims/one").unwrap(), Some(vec![winner]));
    entries.write_note("claims/one", b"again").unwrap();
    entries.write_note("jobs/a/b.json", b"{}").unwrap();
    assert_eq!(entries.note("claims/one").unwrap().as_deref(), Some(&b"again"[..]));
    assert_eq!(entries.notes("claims").unwrap(), ["claims/one".to_owned()].into());
    assert_eq!(entries.notes("jobs").unwrap(), ["jobs/a/b.json".to_owned()].into());
    entries.remove_note("claims/one").unwrap();
    entries.remove_note("claims/one").unwrap();
    assert_eq!(entries.note("claims/one").unwrap(), None);
    assert_eq!(entries.keys().unwrap(), BTreeSet::new(), "a note is no entry");
}

#[cfg(not(feature = "object-store"))]
#[test]
fn an_address_is_refused_with_what_would_take_it_and_without_its_password() {
    let refused = Entries::open(&Location::new(Path::new("s3://key:sesame@bucket/x")), |_| ()).unwrap_err().to_string();
    assert!(refused.starts_with("`s3://key@bucket/x` cannot be used") && refused.contains("--features object-store"));
}
