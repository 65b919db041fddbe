"""Reading what people labelled: text files, COCO JSON, and folders named after classes."""
