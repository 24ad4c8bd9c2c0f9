"""Every string that the page shows, in English and Chinese."""

from __future__ import annotations

LANGUAGES = {"en": "English", "zh": "中文"}

# key: (English, Chinese)
TEXT: dict[str, tuple[str, str]] = {
    # The page
    "title": ("Denoising Autoencoder Playground", "去噪自编码器实验台"),
    "tagline": (
        "Spoil a digit, and watch a network restore it.",
        "给数字加上噪声，看网络如何把它复原。",
    ),
    "copy_link": ("Copy link", "复制链接"),
    "link_copied": (
        "Link copied. It gives back this page, noise and all.",
        "链接已复制，打开即可重现此页，连噪声也一样。",
    ),
    "link_by_hand": ("Copy this link:", "请复制此链接："),
    "switch_language": ("中文", "English"),
    "tab_denoise": ("Denoise", "去噪"),
    "tab_about": ("About", "说明"),
    # Where the digit comes from
    "source": ("Digit", "数字"),
    "source_pick": ("Pick", "挑选"),
    "source_draw": ("Draw", "手写"),
    "source_upload": ("Upload", "上传"),
    "another": ("Another", "换一个"),
    "pick_class": ("Digits of class {digit}", "数字 {digit}"),
    "pick_this": ("Digit {digit}, number {index} of the gallery", "数字 {digit}，图库第 {index} 个"),
    "draw_hint": ("Draw a digit here", "在此写一个数字"),
    "pad_canvas": (
        "Drawing pad. Arrow keys move the pen, space puts it down, Control Z undoes, Delete clears.",
        "手写板。方向键移动笔，空格键落笔，Ctrl+Z 撤销，Delete 清除。",
    ),
    "pad_cleared": ("Cleared", "已清除"),
    "pad_pen_down": ("Pen down", "落笔"),
    "pad_pen_up": ("Pen up", "抬笔"),
    "undo": ("Undo", "撤销"),
    "clear": ("Clear", "清除"),
    "upload": ("Choose a picture", "选择图片"),
    "upload_hint": (
        "A photo or a scan of one digit: PNG, JPEG, WebP, BMP, GIF or TIFF.",
        "一个数字的照片或扫描图：PNG、JPEG、WebP、BMP、GIF 或 TIFF。",
    ),
    "from_gallery": ("a {digit} from MNIST, number {index}", "MNIST 中的 {digit}，第 {index} 个"),
    "from_draw": ("your drawing, centred as MNIST does", "你的手写，按 MNIST 的方式居中"),
    "from_upload": ("your picture, centred as MNIST does", "你的图片，按 MNIST 的方式居中"),
    # The other controls
    "noise": ("Noise", "噪声"),
    "noise_gaussian": ("Gaussian", "高斯"),
    "noise_masking": ("Masking", "遮蔽"),
    "noise_salt_and_pepper": ("Salt and pepper", "椒盐"),
    "noise_dropout": ("Dropout", "Dropout"),
    "noise_speckle": ("Speckle", "散斑"),
    "noise_block": ("Block", "方块"),
    "about_gaussian": ("Adds σ times a normal number to each pixel.", "给每个像素加上 σ 倍的正态随机数。"),
    "about_masking": ("Sets each pixel to 0 with probability p.", "每个像素以概率 p 变为 0。"),
    "about_salt_and_pepper": (
        "Sets each pixel to black or to white, each with probability p/2.",
        "每个像素各以概率 p/2 变黑或变白。",
    ),
    "about_dropout": (
        "Sets each pixel to 0 with probability p and divides the others by 1 − p.",
        "每个像素以概率 p 变为 0，其余除以 1 − p。",
    ),
    "about_speckle": ("Noise in proportion to the ink.", "噪声与墨迹成正比。"),
    "about_block": ("Blanks out one square of side s.", "抹去一个边长为 s 的方块。"),
    "level": ("Level", "强度"),
    "clip": ("Clip to [0, 1]", "截断到 [0, 1]"),
    "seed": ("Seed", "随机种子"),
    "new_noise": ("New noise", "换一份噪声"),
    "model": ("Model", "模型"),
    # The stage
    "clean": ("clean", "原图"),
    "noisy": ("noisy", "加噪"),
    "reconstruction": ("reconstruction", "重建"),
    "error": ("error", "误差"),
    "too_little": ("too little ink", "墨太少"),
    "too_much": ("too much", "墨太多"),
    "error_scale": ("Colour strength grows with the square root of the error.", "颜色深浅与误差的平方根成正比。"),
    "every_level": ("The same noise at every level", "同一噪声的全部强度"),
    "curve_caption": (
        "PSNR in dB over the level: higher is closer to the clean digit. Choose a level with a click.",
        "PSNR（dB）随强度的变化：越高越接近原图。点击可选择强度。",
    ),
    "alt_clean": ("The clean digit: {what}", "原图：{what}"),
    "alt_noisy": ("The digit with {noise} noise at level {level}", "加了{noise}噪声（强度 {level}）的数字"),
    "alt_reconstruction": (
        "What {model} makes of the noisy digit, {psnr} dB",
        "{model} 对加噪数字的重建，{psnr} dB",
    ),
    "alt_error": (
        "Reconstruction minus clean digit: blue where there is too little ink, orange where there is too much",
        "重建减原图：蓝色表示墨太少，橙色表示墨太多",
    ),
    "alt_strip_noisy": (
        "The noisy digit at {count} levels from {low} to {high}",
        "{count} 个强度（{low} 到 {high}）的加噪数字",
    ),
    "alt_strip_restored": ("Their reconstructions", "它们的重建"),
    # What can go wrong
    "no_models": (
        "There is no trained model in the checkpoints folder, so nothing can be restored yet. "
        "`python -m dae train conv-gaussian` makes one.",
        "checkpoints 文件夹里没有训练好的模型，暂时无法复原。可运行 `python -m dae train conv-gaussian` 训练一个。",
    ),
    "no_model": (
        "The model {name} cannot be loaded: its file is missing or damaged. Choose another.",
        "无法载入模型 {name}：文件缺失或损坏。请换一个模型。",
    ),
    "bad_drawing": ("This drawing could not be read. Clear it and draw again.", "无法读取这幅手写，请清除后重写。"),
    "image_corrupt": (
        "This picture is damaged or cut short: it cannot be decoded.",
        "图片已损坏或不完整，无法解码。",
    ),
    "image_empty": ("This file is empty.", "这是一个空文件。"),
    "image_enormous": (
        "This picture is too large ({width} × {height} pixels). Please scale it down first.",
        "图片太大（{width} × {height} 像素），请先缩小。",
    ),
    "image_animated": (
        "This picture is animated. Please choose one with a single frame.",
        "这是动图，请选择单帧图片。",
    ),
    "image_svg": (
        "This is an SVG drawing, not pixels. Please save it as PNG first.",
        "这是 SVG 矢量图，请先另存为 PNG。",
    ),
    "image_text": ("This is a text file, not a picture.", "这是文本文件，不是图片。"),
    "image_too_many_bytes": (
        "This file is too big: at most {limit} MB.",
        "文件太大：最多 {limit} MB。",
    ),
    "image_no_ink": (
        "There is no digit to be found in this picture: it shows no ink.",
        "图片里找不到数字：没有墨迹。",
    ),
    "image_unsupported": (
        "This kind of file cannot be read. PNG, JPEG, WebP, BMP, GIF and TIFF can.",
        "无法读取这种文件。支持 PNG、JPEG、WebP、BMP、GIF 和 TIFF。",
    ),
}


def text(key: str, lang: str, **values: object) -> str:
    """The string of a key in a language, English where the language is unknown."""
    english, chinese = TEXT[key]
    words = chinese if lang == "zh" else english
    return words.format(**values) if values else words


def browser_language(accept: str | None) -> str:
    """The language of an Accept-Language header that the page speaks: the first of its list that it knows."""
    for part in (accept or "").split(","):
        code = part.split(";")[0].strip().lower()
        for language in LANGUAGES:
            if code == language or code.startswith(language + "-"):
                return language
    return "en"
