"""Class ids are the model's own, and so are their names."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "class_names",
    stage="class_ids",
    python="""
names = ast.literal_eval(session.get_modelmeta().custom_metadata_map["names"])  # $classes, by id
label = names[int(class_id)]  # class_id: index of the best score, from 0
""",
    cpp="""
Ort::AllocatorWithDefaultOptions allocator;
auto names = session.GetModelMetadata().LookupCustomMetadataMapAllocated("names", allocator);
// names.get() reads {0: 'person', …} with $classes names by id; an id counts from 0
""",
    csharp="""
string names = session.ModelMetadata.CustomMetadataMap["names"];
// reads {0: 'person', …} with $classes names by id; an id is the index of the best score, from 0
""",
    kotlin="""
val names = session.metadata.customMetadata["names"]  // Java: session.getMetadata()
// reads {0: 'person', …} with $classes names by id; an id is the index of the best score, from 0
""",
    swift="""
// Core ML; an id is the index of the best score, from 0
let metadata = model.modelDescription.metadata[.creatorDefinedKey] as? [String: String]
let names = metadata?["names"]  // reads {0: 'person', …} with $classes names by id
""",
    javascript="""
// onnxruntime-web does not give metadata: write the $classes names to a file when exporting.
const label = names[classId];  // classId: index of the best score, from 0
""",
    run=("python",),
)
