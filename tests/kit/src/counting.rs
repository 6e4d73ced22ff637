//! Makes a module count the instructions that it executes.
//!
//! An interpreter's fuel is too coarse: wasmi charges for a whole block when it is entered, even if it is left early,
//! which makes a request look eight times as expensive. Here each straight run of instructions adds its length to a
//! global before it ends.

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction, Module, ValType,
};
use wasmparser::{ExportSectionReader, FunctionBody, GlobalSectionReader, Operator, Parser};

/// The exported global that holds the count.
pub const COUNTER: &str = "instructions";

/// The module with counting added.
pub fn instrument(module: &[u8]) -> Vec<u8> {
    let mut counting = Module::new();
    let mut counter = Counter { global: 0 };
    counter.parse_core_module(&mut counting, Parser::new(0), module).expect("a valid module");
    counting.finish()
}

struct Counter {
    global: u32,
}

impl Reencode for Counter {
    type Error = std::convert::Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader,
    ) -> Result<(), Error<Self::Error>> {
        // The module imports no global, so the first free number is how many it has.
        self.global = section.count();
        for global in section {
            self.parse_global(globals, global?)?;
        }
        let counter = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
        globals.global(counter, &ConstExpr::i64_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader,
    ) -> Result<(), Error<Self::Error>> {
        for export in section {
            self.parse_export(exports, export?)?;
        }
        exports.export(COUNTER, ExportKind::Global, self.global);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody) -> Result<(), Error<Self::Error>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut pending = 0;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            pending += cost(&operator);
            if ends_run(&operator) && pending > 0 {
                for instruction in [
                    Instruction::GlobalGet(self.global),
                    Instruction::I64Const(pending),
                    Instruction::I64Add,
                    Instruction::GlobalSet(self.global),
                ] {
                    function.instruction(&instruction);
                }
                pending = 0;
            }
            function.instruction(&self.instruction(operator)?);
        }
        code.function(&function);
        Ok(())
    }
}

/// How much an operator counts: one, or nothing if it only structures the code, as in wasmtime's fuel.
fn cost(operator: &Operator) -> i64 {
    match operator {
        Operator::Nop
        | Operator::Drop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Unreachable
        | Operator::Return
        | Operator::Else
        | Operator::End => 0,
        _ => 1,
    }
}

/// Whether control can leave here, or arrive here from elsewhere.
fn ends_run(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::Unreachable
    )
}
