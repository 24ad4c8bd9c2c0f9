"""The Gradio face of the playground. No mathematics here."""
