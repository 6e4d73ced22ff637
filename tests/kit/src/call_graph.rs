//! What of a module can be reached from its exports, and where that can trap.
//!
//! An indirect call may reach every function of its type that is in a table: more than it ever does, never less.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use wasmparser::{
    CompositeInnerType, ElementItems, ExternalKind, FuncType, KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};

/// A module's functions, by number.
pub struct CallGraph {
    functions: Vec<Function>,
    exports: HashMap<String, u32>,
    /// The functions that are in a table.
    in_tables: BTreeSet<u32>,
}

#[derive(Default)]
struct Function {
    name: String,
    ty: Option<FuncType>,
    calls: BTreeSet<u32>,
    indirect: BTreeSet<FuncTypeText>,
    traps: BTreeSet<Trap>,
}

/// A type, in a form that can be ordered.
type FuncTypeText = String;

/// An instruction that stops the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trap {
    /// `unreachable` after a call of a function that does not return.
    After(u32),
    /// `unreachable` by itself.
    Unreachable,
    /// A division by a number that may be zero.
    Division,
    /// A conversion of a number that may not fit.
    Conversion,
}

/// The bytes of a module's code section.
pub fn code(module: &[u8]) -> &[u8] {
    let code = Parser::new(0).parse_all(module).find_map(|payload| match payload.expect("a valid module") {
        Payload::CodeSectionStart { unchecked_range: range, .. } => Some(range.start as usize..range.end as usize),
        _ => None,
    });
    &module[code.expect("a code section")]
}

impl CallGraph {
    /// The graph of a module that has the names of its functions.
    pub fn of(module: &[u8]) -> Self {
        let mut graph = CallGraph { functions: Vec::new(), exports: HashMap::new(), in_tables: BTreeSet::new() };
        let mut types = Vec::new();
        let mut bodies = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload.expect("a valid module") {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group.expect("types").into_types() {
                            let CompositeInnerType::Func(ty) = ty.composite_type.inner else { panic!("no functions") };
                            types.push(ty);
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.expect("an import");
                        if let TypeRef::Func(ty) = import.ty {
                            graph.add(types[ty as usize].clone(), &format!("{}.{}", import.module, import.name));
                        }
                    }
                    bodies = graph.functions.len();
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        graph.add(types[ty.expect("a type") as usize].clone(), "");
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.expect("an export");
                        if export.kind == ExternalKind::Func {
                            graph.exports.insert(export.name.to_owned(), export.index);
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        let ElementItems::Functions(functions) = element.expect("an element").items else {
                            panic!("a table of something else than functions");
                        };
                        graph.in_tables.extend(functions.into_iter().map(|number| number.expect("a function")));
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let operators = body.get_operators_reader().expect("operators").into_iter();
                    let operators: Vec<Operator> = operators.map(|operator| operator.expect("an operator")).collect();
                    graph.functions[bodies].read(&operators, &types);
                    bodies += 1;
                }
                Payload::CustomSection(section) => {
                    let KnownCustom::Name(names) = section.as_known() else { continue };
                    for subsection in names {
                        let Name::Function(names) = subsection.expect("names") else { continue };
                        for name in names {
                            let name = name.expect("a name");
                            // `{:#}` leaves the hash out.
                            let text = format!("{:#}", rustc_demangle::demangle(name.name));
                            graph.functions[name.index as usize].name = text;
                        }
                    }
                }
                _ => {}
            }
        }
        graph
    }

    fn add(&mut self, ty: FuncType, name: &str) {
        self.functions.push(Function { name: name.to_owned(), ty: Some(ty), ..Function::default() });
    }

    /// Every function that can be reached from these exports and can trap, as `<function>: <how>`, each with the shortest
    /// way there.
    pub fn traps(&self, exports: &[&str]) -> BTreeMap<String, String> {
        let mut came_from: HashMap<u32, Option<u32>> = HashMap::new();
        let mut queue = std::collections::VecDeque::new();
        for export in exports {
            let number = *self.exports.get(*export).unwrap_or_else(|| panic!("{export} is not exported"));
            came_from.entry(number).or_insert(None);
            queue.push_back(number);
        }
        let mut traps = BTreeMap::new();
        while let Some(number) = queue.pop_front() {
            for trap in &self.functions[number as usize].traps {
                let place = format!("{}: {}", self.functions[number as usize].name, self.describe(*trap));
                traps.entry(place).or_insert_with(|| self.way(&came_from, number));
            }
            for callee in self.callees(number) {
                came_from.entry(callee).or_insert_with(|| {
                    queue.push_back(callee);
                    Some(number)
                });
            }
        }
        traps
    }

    /// A way from one of these exports to a function that can call itself, if there is one.
    pub fn recursion(&self, exports: &[&str]) -> Option<String> {
        let mut done = BTreeSet::new();
        exports.iter().find_map(|export| self.find_recursion(self.exports[*export], &mut Vec::new(), &mut done))
    }

    fn find_recursion(&self, number: u32, way: &mut Vec<u32>, done: &mut BTreeSet<u32>) -> Option<String> {
        if way.contains(&number) {
            let names: Vec<&str> =
                way.iter().chain([&number]).map(|number| self.functions[*number as usize].name.as_str()).collect();
            return Some(names.join(" -> "));
        }
        if !done.insert(number) {
            return None;
        }
        way.push(number);
        let found = self.callees(number).into_iter().find_map(|callee| self.find_recursion(callee, way, done));
        way.pop();
        found
    }

    fn describe(&self, trap: Trap) -> String {
        match trap {
            Trap::After(callee) => format!("calls {}", self.functions[callee as usize].name),
            Trap::Unreachable => String::from("unreachable"),
            Trap::Division => String::from("division"),
            Trap::Conversion => String::from("conversion"),
        }
    }

    fn callees(&self, number: u32) -> BTreeSet<u32> {
        let function = &self.functions[number as usize];
        let mut callees = function.calls.clone();
        // A call that does not return is a trap of the caller's: what the panic then does is of no interest.
        for trap in &function.traps {
            if let Trap::After(callee) = trap {
                callees.remove(callee);
            }
        }
        let fits = |callee: &&u32| {
            self.functions[**callee as usize].ty.as_ref().is_some_and(|ty| function.indirect.contains(&text(ty)))
        };
        callees.extend(self.in_tables.iter().filter(fits));
        callees
    }

    fn way(&self, came_from: &HashMap<u32, Option<u32>>, mut number: u32) -> String {
        let mut names = vec![self.functions[number as usize].name.as_str()];
        while let Some(Some(caller)) = came_from.get(&number) {
            number = *caller;
            names.push(&self.functions[number as usize].name);
        }
        names.reverse();
        names.join(" -> ")
    }
}

impl Function {
    fn read(&mut self, operators: &[Operator], types: &[FuncType]) {
        for (at, operator) in operators.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| &operators[at]);
            match operator {
                Operator::Call { function_index } => _ = self.calls.insert(*function_index),
                Operator::CallIndirect { type_index, .. } => {
                    self.indirect.insert(text(&types[*type_index as usize]));
                }
                Operator::Unreachable => {
                    self.traps.insert(match before {
                        Some(Operator::Call { function_index }) => Trap::After(*function_index),
                        _ => Trap::Unreachable,
                    });
                }
                Operator::I32DivS | Operator::I32DivU | Operator::I32RemS | Operator::I32RemU if !matches!(before, Some(Operator::I32Const { value }) if !matches!(value, 0 | -1)) =>
                {
                    self.traps.insert(Trap::Division);
                }
                Operator::I64DivS | Operator::I64DivU | Operator::I64RemS | Operator::I64RemU if !matches!(before, Some(Operator::I64Const { value }) if !matches!(value, 0 | -1)) =>
                {
                    self.traps.insert(Trap::Division);
                }
                Operator::I32TruncF32S
                | Operator::I32TruncF32U
                | Operator::I32TruncF64S
                | Operator::I32TruncF64U
                | Operator::I64TruncF32S
                | Operator::I64TruncF32U
                | Operator::I64TruncF64S
                | Operator::I64TruncF64U => _ = self.traps.insert(Trap::Conversion),
                _ => {}
            }
        }
    }
}

fn text(ty: &FuncType) -> FuncTypeText {
    format!("{:?}", (ty.params(), ty.results()))
}
