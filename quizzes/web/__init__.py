"""The quizzes' web pages: what students see, and the requests their pages make."""
