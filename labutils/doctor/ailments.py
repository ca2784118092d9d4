"""Errors that learners really meet, what each means, and what mends it.

An ailment is known by the type and the message of an exception. tests/doctor induces every one of them by a real call, so
that a new release of a library which words its message otherwise is noticed.
"""

import re
from dataclasses import dataclass

from labutils.i18n import _


@dataclass(frozen=True)
class Ailment:
    """One kind of error.

    Attributes:
        code: its stable name.  pattern: regular expression over ``"TypeName: message"``.
        says: what happened, in plain words.  mend: what to do.
    """

    code: str
    pattern: str
    says: str
    mend: str

    def fits(self, kind: str, message: str) -> bool:
        """Whether an exception of this type name and message is of this kind."""
        return re.search(self.pattern, f"{kind}: {message}", re.IGNORECASE | re.DOTALL) is not None


RUN_ABOVE = _("Choose Run > Run All Above Selected Cell, then run this cell again.")
NO_NETWORK = _("The labs need no network with the profile pocket. Is a hub name spelt right, and the network there?")

# The first that fits counts: what is special stands before what is general.
AILMENTS = (
    # cells
    Ailment("cell-skipped", r"^NameError", _("A name is used before a cell above has made it."), RUN_ABOVE),
    Ailment(
        "ellipsis", r"^TypeError.*'?ellipsis'?", _("The three dots `...` still stand where your answer belongs."),
        _("Replace the dots in the exercise's cell, run it, and run the check again."),
    ),
    Ailment(
        "indentation", r"^(IndentationError|TabError)", _("A line begins further left or right than Python expects."),
        _("Lines of one block begin at the same place: four spaces, no tabs."),
    ),
    Ailment("syntax", r"^SyntaxError", _("Python cannot read this line."), _("Look for a missing bracket, colon or quote in it or just above.")),
    Ailment("interrupted", r"^KeyboardInterrupt", _("The cell was interrupted."), _("Run it again: a training goes on where it stopped.")),
    # packages
    Ailment(
        "torchao", r"ImportError.*torchao", _("PEFT refuses the torchao that is installed here (Colab's is too old)."),
        _('Run `%pip install "torchao>=0.16"`, restart the kernel, and run all cells above.'),
    ),
    Ailment(
        "package-missing", r"^ModuleNotFoundError", _("A package is not in the environment that this kernel runs in."),
        _("Begin JupyterLab by `labs start`, or choose the kernel of the environment in which the course is installed. On Colab, run the lab's first cell."),
    ),
    Ailment(
        "package-version", r"^(ImportError: cannot import name|TypeError.*unexpected keyword argument|AttributeError: module)",
        _("A package has another version than the course was tested with, or a name is misspelt."),
        _("Check the spelling; then install the tested versions: `pip install -c constraints.txt -e .`"),
    ),
    # memory and disk
    Ailment(
        "gpu-memory", r"^(OutOfMemoryError|torch.OutOfMemoryError)|CUDA out of memory|MPS backend out of memory",
        _("The GPU's memory is full."),
        _("Halve `batch_size` and double `gradient_accumulation`, or set `gradient_checkpointing=True`. Restart the kernel first: what earlier cells hold is freed."),
    ),
    Ailment(
        "memory", r"MemoryError|not enough memory|can't allocate memory|Unable to allocate", _("The machine's memory is full."),
        _("Shut down other kernels (Running Terminals and Kernels at the left), and take a smaller batch."),
    ),
    Ailment(
        "disk-full", r"No space left on device|Disk quota exceeded", _("The disk is full."),
        _("Delete old folders below `runs`; then run the cell again, a training goes on from its last checkpoint."),
    ),
    # torch
    Ailment(
        "devices", r"same device|not on the expected device|the same dtype|should be the same",
        _("Two tensors lie on different devices, or have different number formats."),
        _("Move both: `tensor.to(model.device)`; take one format for both."),
    ),
    Ailment(
        "shapes", r"mat1 and mat2 shapes|size of tensor a|shape .* is invalid|Sizes of tensors must match|shape mismatch",
        _("Two tensors have shapes that do not fit each other."),
        _("Print `tensor.shape` of both just before this line."),
    ),
    Ailment(
        "token-id", r"IndexError: index out of range in self|device-side assert",
        _("A token id is larger than the model's table of tokens: the tokenizer belongs to another model."),
        _("Load model and tokenizer from the same name or folder. On a GPU restart the kernel after this error."),
    ),
    Ailment(
        "weights-fit-not", r"size mismatch for|Missing key\(s\) in state_dict|Unexpected key\(s\) in state_dict",
        _("The saved weights are of a model of another shape or with other names."),
        _("Load them into the model that they were saved from: `ModelRunner(folder)` takes what the folder says."),
    ),
    Ailment(
        "no-gradient", r"does not require grad", _("Nothing that the loss was computed from may move, so there is no gradient."),
        _("Is the model frozen, or the loss computed under `torch.no_grad()`? Set `requires_grad_(True)` for what is to be trained."),
    ),
    Ailment(
        "second-backward", r"backward through the graph a second time", _("`backward()` was called twice for one loss."),
        _("Compute the loss anew in every step, before `backward()`."),
    ),
    Ailment(
        "not-a-number", r"unscale FP16|loss is nan|not a number|Input contains NaN",
        _("A number has overflowed: T5 does so in fp16."), _('Take `precision="bf16"` where the GPU has it, else `"fp32"`; a smaller learning rate helps too.'),
    ),
    Ailment(
        "target-modules", r"Target modules .* not found", _("LoRA was told to change layers that this model does not have."),
        _('Take `target_modules=["q", "v"]` for T5; `model.named_modules()` lists the names.'),
    ),
    Ailment(
        "in-place", r"leaf Variable that requires grad|modified by an inplace operation",
        _("A tensor was changed in place that the gradient still needs."),
        _("Change weights under `torch.no_grad()`, and write `x = x + 1` instead of `x += 1` elsewhere."),
    ),
    # models and the hub
    Ailment(
        "gated", r"gated repo|401 Client Error|403 Client Error", _("This model asks you to sign in, or to accept its terms, first."),
        _("Open its page, accept the terms, and run `hf auth login`; or take an open model."),
    ),
    Ailment(
        "no-such-model", r"is not a (local folder|valid model identifier)|Repository Not Found|404 Client Error|RepositoryNotFoundError",
        _("There is no model or data set of this name."), _("Check the spelling: `google/flan-t5-small`, a folder, or `pocket-instruct`."),
    ),
    Ailment("offline", r"offline mode|couldn't connect|LocalEntryNotFound|Name or service not known|ConnectionError|Connection refused", _("Something is to be fetched, and there is no connection."), NO_NETWORK),
    Ailment(
        "weights-damaged", r"SafetensorError|Error while deserializing header|PytorchStreamReader",
        _("The file of weights is cut or damaged."), _("Delete it and fetch or train it again; a kept training folder has older checkpoints."),
    ),
    # files
    Ailment("no-rights", r"^PermissionError", _("This program may not read or write there."), _("Take a folder of your own, or set LABS_RUNS to one.")),
    Ailment("no-file", r"^FileNotFoundError", _("There is no such file or folder."), _("Print `pathlib.Path.cwd()`: a path without / at its beginning counts from there.")),
    Ailment(
        "not-utf8", r"^UnicodeDecodeError", _("The file is not written in UTF-8."),
        _("Save it as UTF-8 (in Excel: CSV UTF-8); `load_dialogues` names the line, and what the file may be instead."),
    ),
    Ailment(
        "json", r"^JSONDecodeError", _("The file is not valid JSON: cut, empty, or with a comma too many."),
        _("JSON Lines has one record in each line: read it with `load_dialogues`, which names the line."),
    ),
    Ailment("csv", r"^(ParserError|EmptyDataError)", _("The table's rows do not have the same number of columns, or it is empty."), _("Put texts with commas in quotes; `load_dialogues` names the line.")),
    # Python
    Ailment("key", r"^KeyError", _("A table or record has no field of this name."), _("Print its names: `frame.columns`, `record.keys()`, `data.column_names`.")),
    Ailment("nothing-there", r"^AttributeError: 'NoneType'", _("A call has returned nothing (None), and the code goes on with it."), _("Does your function end with `return`?")),
    Ailment("attribute", r"^AttributeError", _("This object has no such part."), _("Check the spelling; `dir(thing)` lists what it has.")),
    Ailment("arguments", r"^TypeError.*(positional argument|missing \d+ required)", _("A function got too many or too few values."), _("`help(function)` shows what it takes; an exercise's function keeps its first line.")),
    Ailment("division", r"^ZeroDivisionError", _("Something was divided by zero: often the length of an empty list."), _("Treat the empty case first.")),
    Ailment("recursion", r"^RecursionError", _("A function calls itself without end."), _("Give it a case in which it returns without calling itself.")),
    Ailment("port", r"Address already in use", _("Another program has the port already, often an older JupyterLab."), _("End the other one, or take another: `labs start -- --port=9999`.")),
    Ailment("kernel-died", r"^DeadKernelError|kernel died", _("The kernel has ended, mostly because the memory was full."), _("Restart it, run all cells above, and take a smaller batch.")),
    Ailment("cell-too-long", r"^CellTimeoutError", _("A cell took longer than it was given."), _("Run it in JupyterLab, which sets no limit, or with smaller `-p examples=...`.")),
)  # fmt: skip


def ailment_of(error: BaseException) -> Ailment | None:
    """Return the first ailment that fits an exception or one that it came from, or None."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        for ailment in AILMENTS:
            if ailment.fits(type(current).__name__, str(current)):
                return ailment
        seen.append(current)
        current = current.__cause__ or current.__context__
    return None
