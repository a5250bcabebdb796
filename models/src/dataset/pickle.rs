//! Python's pickle format, read as data: numbers, strings, lists, tuples, dictionaries, and NumPy arrays (format description:
//! `pickletools` of Python's standard library). Nothing is executed: a class or function is no more than its name here.
//!
//! Read by code of its own: the library for it (`serde-pickle`) follows nesting of any depth and copies what is shared, so that a
//! file of a few bytes exhausts stack or memory.

use std::rc::Rc;

/// Deepest nesting of values; the files of CIFAR have 6.
const MOST_DEPTH: usize = 20;
/// Most values in one file; the largest of CIFAR has about 200,000.
const MOST_VALUES: usize = 10_000_000;

/// A value of a pickle.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// `None`, a truth value, or a real number.
    Other,
    Number(i64),
    /// Bytes, or text in UTF-8.
    Bytes(Rc<[u8]>),
    Tuple(Rc<[Value]>),
    List(Vec<Value>),
    Dictionary(Vec<(Value, Value)>),
    /// Name of a class or function, with that of its module before it.
    Name(Rc<str>),
    /// What the function or class would make of its arguments, and the state that it would be given then.
    Object(Rc<Object>),
}

/// An object that was not made.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) name: Rc<str>,
    pub(super) arguments: Rc<[Value]>,
    pub(super) state: Option<Value>,
}

/// Failure to read a pickle.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    /// The bytes end within the pickle.
    #[error("it ends too early")]
    Truncated,
    /// Something follows the end of the pickle.
    #[error("something follows its end")]
    Trailing,
    /// An instruction that plain data do not need.
    #[error("byte {at} is the instruction {code:#04x}, which plain data do not need")]
    Instruction {
        /// Position in the file, in bytes.
        at: usize,
        /// The instruction.
        code: u8,
    },
    /// An instruction takes values that are not there or of another kind.
    #[error("the instruction at byte {at} does not find the values that it takes")]
    Values {
        /// Position in the file, in bytes.
        at: usize,
    },
    /// Values are nested too deeply, or are too many.
    #[error("its values are nested more than {MOST_DEPTH} deep, or are more than {MOST_VALUES}")]
    TooMany,
}

/// Reads the pickle in `bytes`, of the protocols 2 to 5.
pub(super) fn read(bytes: &[u8]) -> Result<Value, PickleError> {
    Reader { bytes, at: 0, values: 0, stack: vec![], marks: vec![], memo: vec![] }.run()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: usize,
    /// Values with their depth.
    stack: Vec<(Value, usize)>,
    /// Lengths of the stack at the marks.
    marks: Vec<usize>,
    /// Values for later use: what can still change is not kept, and an object is kept as it was before it got its state.
    memo: Vec<Option<(Value, usize)>>,
}

impl<'a> Reader<'a> {
    fn run(mut self) -> Result<Value, PickleError> {
        loop {
            let start = self.at;
            let [code] = self.take()?;
            if code == b'.' {
                let value = self.pop(start)?;
                return if self.at == self.bytes.len() { Ok(value) } else { Err(PickleError::Trailing) };
            }
            self.instruction(code, start)?;
        }
    }

    fn instruction(&mut self, code: u8, start: usize) -> Result<(), PickleError> {
        match code {
            0x80 => drop(self.take::<1>()?),
            // A frame only says how much could be read at once.
            0x95 => drop(self.take::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'N' | 0x88 | 0x89 => self.push(Value::Other, 0)?,
            b'G' => {
                self.take::<8>()?;
                self.push(Value::Other, 0)?;
            }
            b'K' => {
                let [number] = self.take()?;
                self.push(Value::Number(number.into()), 0)?;
            }
            b'M' => {
                let number = u16::from_le_bytes(self.take()?);
                self.push(Value::Number(number.into()), 0)?;
            }
            b'J' => {
                let number = i32::from_le_bytes(self.take()?);
                self.push(Value::Number(number.into()), 0)?;
            }
            b'U' | b'C' | 0x8c => {
                let [length] = self.take()?;
                self.push_bytes(length.into())?;
            }
            b'T' | b'B' | b'X' => {
                let length = u32::from_le_bytes(self.take()?);
                self.push_bytes(length.into())?;
            }
            0x8d | 0x8e | 0x96 => {
                let length = u64::from_le_bytes(self.take()?);
                self.push_bytes(length)?;
            }
            b')' => self.push_tuple(vec![])?,
            b']' => self.push(Value::List(vec![]), 0)?,
            b'}' => self.push(Value::Dictionary(vec![]), 0)?,
            0x85..=0x87 => {
                let from = self.stack.len().checked_sub(usize::from(code - 0x84));
                let values = self.stack.split_off(from.ok_or(PickleError::Values { at: start })?);
                self.push_tuple(values)?;
            }
            b't' => {
                let values = self.since_mark(start)?;
                self.push_tuple(values)?;
            }
            b'a' => {
                let value = self.stack.pop().ok_or(PickleError::Values { at: start })?;
                self.append(vec![value], start)?;
            }
            b'e' => {
                let values = self.since_mark(start)?;
                self.append(values, start)?;
            }
            b's' => {
                let from = self.stack.len().checked_sub(2).ok_or(PickleError::Values { at: start })?;
                let values = self.stack.split_off(from);
                self.insert(values, start)?;
            }
            b'u' => {
                let values = self.since_mark(start)?;
                self.insert(values, start)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push_name(module, name, start)?;
            }
            0x93 => {
                let (name, module) = (self.pop(start)?, self.pop(start)?);
                match (&module, &name) {
                    (Value::Bytes(module), Value::Bytes(name)) => self.push_name(module, name, start)?,
                    _ => return Err(PickleError::Values { at: start }),
                }
            }
            b'R' => self.reduce(start)?,
            b'b' => self.build(start)?,
            b'q' => {
                let [index] = self.take()?;
                self.keep(index.into(), start)?;
            }
            b'r' => {
                let index = u32::from_le_bytes(self.take()?);
                self.keep(index as usize, start)?;
            }
            0x94 => self.keep(self.memo.len(), start)?,
            b'h' => {
                let [index] = self.take()?;
                self.recall(index.into(), start)?;
            }
            b'j' => {
                let index = u32::from_le_bytes(self.take()?);
                self.recall(index as usize, start)?;
            }
            _ => return Err(PickleError::Instruction { at: start, code }),
        }
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let bytes = self.slice(N as u64)?;
        bytes.try_into().map_err(|_| PickleError::Truncated)
    }

    fn slice(&mut self, length: u64) -> Result<&'a [u8], PickleError> {
        let length = usize::try_from(length).map_err(|_| PickleError::Truncated)?;
        let bytes = self.bytes[self.at..].get(..length).ok_or(PickleError::Truncated)?;
        self.at += length;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<&'a [u8], PickleError> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&byte| byte == b'\n').ok_or(PickleError::Truncated)?;
        self.at += end + 1;
        Ok(&rest[..end])
    }

    fn push(&mut self, value: Value, depth: usize) -> Result<(), PickleError> {
        self.values += 1;
        if depth > MOST_DEPTH || self.values > MOST_VALUES {
            return Err(PickleError::TooMany);
        }
        self.stack.push((value, depth));
        Ok(())
    }

    fn push_bytes(&mut self, length: u64) -> Result<(), PickleError> {
        let bytes = self.slice(length)?;
        self.push(Value::Bytes(bytes.into()), 0)
    }

    fn push_tuple(&mut self, values: Vec<(Value, usize)>) -> Result<(), PickleError> {
        let depth = depth_above(&values);
        self.push(Value::Tuple(values.into_iter().map(|(value, _)| value).collect()), depth)
    }

    fn push_name(&mut self, module: &[u8], name: &[u8], start: usize) -> Result<(), PickleError> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| PickleError::Values { at: start });
        let name = format!("{}.{}", text(module)?, text(name)?);
        self.push(Value::Name(name.into()), 0)
    }

    fn pop(&mut self, start: usize) -> Result<Value, PickleError> {
        let above = self.marks.last().is_none_or(|&mark| self.stack.len() > mark);
        let value = if above { self.stack.pop() } else { None };
        value.map(|(value, _)| value).ok_or(PickleError::Values { at: start })
    }

    fn since_mark(&mut self, start: usize) -> Result<Vec<(Value, usize)>, PickleError> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or(PickleError::Values { at: start })?))
    }

    fn append(&mut self, values: Vec<(Value, usize)>, start: usize) -> Result<(), PickleError> {
        let inner = depth_above(&values);
        let Some((Value::List(list), depth)) = self.stack.last_mut() else {
            return Err(PickleError::Values { at: start });
        };
        *depth = inner.max(*depth);
        list.extend(values.into_iter().map(|(value, _)| value));
        if *depth > MOST_DEPTH { Err(PickleError::TooMany) } else { Ok(()) }
    }

    fn insert(&mut self, values: Vec<(Value, usize)>, start: usize) -> Result<(), PickleError> {
        let inner = depth_above(&values);
        let Some((Value::Dictionary(entries), depth)) = self.stack.last_mut() else {
            return Err(PickleError::Values { at: start });
        };
        *depth = inner.max(*depth);
        let mut values = values.into_iter().map(|(value, _)| value);
        while let Some(key) = values.next() {
            entries.push((key, values.next().ok_or(PickleError::Values { at: start })?));
        }
        if *depth > MOST_DEPTH { Err(PickleError::TooMany) } else { Ok(()) }
    }

    /// Notes what a function would be called with. Python 3 writes bytes as a call, in the protocol 2.
    fn reduce(&mut self, start: usize) -> Result<(), PickleError> {
        let depth = self.stack.last().map_or(0, |(_, depth)| depth + 1);
        let (Value::Tuple(arguments), Value::Name(name)) = (self.pop(start)?, self.pop(start)?) else {
            return Err(PickleError::Values { at: start });
        };
        if &*name == "_codecs.encode"
            && let Some(Value::Bytes(text)) = arguments.first()
            && let Ok(text) = std::str::from_utf8(text)
        {
            let bytes = text.chars().map(|letter| u8::try_from(u32::from(letter)));
            let bytes = bytes.collect::<Result<Rc<[u8]>, _>>().map_err(|_| PickleError::Values { at: start })?;
            return self.push(Value::Bytes(bytes), 0);
        }
        self.push(Value::Object(Rc::new(Object { name, arguments, state: None })), depth)
    }

    fn build(&mut self, start: usize) -> Result<(), PickleError> {
        let depth = self.stack.last().map_or(0, |(_, depth)| depth + 1);
        let (state, Value::Object(object)) = (self.pop(start)?, self.pop(start)?) else {
            return Err(PickleError::Values { at: start });
        };
        let Object { name, arguments, .. } = &*object;
        let built = Object { name: name.clone(), arguments: arguments.clone(), state: Some(state) };
        self.push(Value::Object(Rc::new(built)), depth)
    }

    fn keep(&mut self, index: usize, start: usize) -> Result<(), PickleError> {
        let Some((value, depth)) = self.stack.last() else { return Err(PickleError::Values { at: start }) };
        let kept = match value {
            Value::List(_) | Value::Dictionary(_) => None,
            value => Some((value.clone(), *depth)),
        };
        if index >= self.bytes.len().min(MOST_VALUES) {
            return Err(PickleError::TooMany);
        }
        if index >= self.memo.len() {
            self.memo.resize(index + 1, None);
        }
        self.memo[index] = kept;
        Ok(())
    }

    fn recall(&mut self, index: usize, start: usize) -> Result<(), PickleError> {
        let kept = self.memo.get(index).cloned().flatten();
        let (value, depth) = kept.ok_or(PickleError::Values { at: start })?;
        self.push(value, depth)
    }
}

/// Depth of what holds `values`.
fn depth_above(values: &[(Value, usize)]) -> usize {
    values.iter().map(|(_, depth)| depth + 1).max().unwrap_or(0)
}

impl Value {
    /// The value of a dictionary under `key`, which Python 2 wrote as bytes, Python 3 as text; the last one, as Python takes it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dictionary(entries) = self else { return None };
        let is_key = |(found, _): &&(Self, Self)| matches!(found, Self::Bytes(bytes) if **bytes == *key.as_bytes());
        entries.iter().rev().find(is_key).map(|(_, value)| value)
    }

    /// The whole numbers of a list or tuple; `None` for anything else.
    pub(super) fn numbers(&self) -> Option<Vec<i64>> {
        let values = match self {
            Self::List(values) => values,
            Self::Tuple(values) => &values[..],
            _ => return None,
        };
        values.iter().map(|value| if let Self::Number(number) = value { Some(*number) } else { None }).collect()
    }

    /// Shape and bytes of a NumPy array of unsigned bytes in C order; `None` for anything else.
    pub(super) fn byte_array(&self) -> Option<(Vec<i64>, Rc<[u8]>)> {
        let Self::Object(object) = self else { return None };
        let (shape, kind, bytes) = match (object.name.rsplit_once('.')?.1, &*object.arguments, &object.state) {
            ("_reconstruct", _, Some(Self::Tuple(state))) => match &**state {
                [_, shape, kind, Self::Other, Self::Bytes(bytes)] => (shape, kind, bytes),
                _ => return None,
            },
            ("_frombuffer", [Self::Bytes(bytes), kind, shape, Self::Bytes(order)], None) if **order == *b"C" => {
                (shape, kind, bytes)
            }
            _ => return None,
        };
        let Self::Object(kind) = kind else { return None };
        let is_bytes = matches!(kind.arguments.first(), Some(Self::Bytes(name)) if **name == *b"u1");
        (&*kind.name == "numpy.dtype" && is_bytes).then(|| Some((shape.numbers()?, bytes.clone())))?
    }
}
