"""The page's server, on Gradio's server mode: the files of the page, questions that need Python, training, the API."""
